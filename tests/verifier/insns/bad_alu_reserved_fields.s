# Addition of a register has no immediate.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  .insn 0x0f 0 0 0 1                    ;! BPF_ALU uses reserved fields
  exit
