# A store of a register has no number.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  .insn 0x7b 10 0 -8 1                  ;! BPF_STX uses reserved fields
  exit
