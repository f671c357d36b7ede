# A comparison with a number has no source register.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  .insn 0x15 0 1 0 0                    ;! BPF_JMP/JMP32 uses reserved fields
  exit
