# Negation has one operand.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  .insn 0x87 0 1 0 0                    ;! BPF_NEG uses reserved fields
  exit
