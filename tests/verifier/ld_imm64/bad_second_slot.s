# It must be empty but for the high half.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! invalid bpf_ld_imm64 insn
  .insn 0x18 0 0 0 1
  .insn 0 1 0 0 0
  exit
