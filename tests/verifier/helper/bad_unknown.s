# There is no helper of this number.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  .insn 0x85 0 0 0 999                  ;! invalid func unknown#999
  exit
