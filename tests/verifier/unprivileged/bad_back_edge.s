# No loops without CAP_BPF.
;; PROG socket_filter
;; UNPRIVILEGED
;; ONLY_SKEP
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! back-edge from insn 2 to 1
  r0 = 0
again:
  r0 += 1
  if r0 < 4 goto again
  exit
