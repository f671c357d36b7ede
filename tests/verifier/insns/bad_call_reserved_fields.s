# A helper call has no destination register.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  .insn 0x85 1 0 0 7                    ;! BPF_CALL uses reserved fields
  exit
