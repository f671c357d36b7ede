# may_goto has only an offset.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  .insn 0xe5 0 0 0 1                    ;! invalid may_goto imm 1
  exit
