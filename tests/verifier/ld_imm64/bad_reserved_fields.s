# off has no use; found by the walk.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  .insn 0x18 0 0 1 1                    ;! BPF_LD_IMM64 uses reserved fields
  .insn 0 0 0 0 0
  exit
