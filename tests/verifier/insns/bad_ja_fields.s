# A jump has no destination register.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  .insn 0x05 1 0 0 0                    ;! BPF_JA uses reserved fields
  exit
