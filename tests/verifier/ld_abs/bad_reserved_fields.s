# It has no destination register.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  .insn 0x30 1 0 0 23                   ;! BPF_LD_[ABS|IND] uses reserved fields
  exit
