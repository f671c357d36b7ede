# -1 is no map.
;; PROG socket_filter
;; VERIFY reject EBADF
;; INSNS 0

                                        ;! fd -1 is not pointing to valid bpf_map
  .insn 0x18 1 1 0 -1
  .insn 0 0 0 0 0
  r0 = 0
  exit
