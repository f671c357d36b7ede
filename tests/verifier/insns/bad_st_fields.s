# A store of a number has no source register.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  .insn 0x7a 10 1 -8 0                  ;! BPF_ST uses reserved fields
  exit
