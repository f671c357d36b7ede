# A call leaves R6 to R9 alone.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r6 = 7                                ;> R6=7
  call get_prandom_u32                  ;> R0=scalar()
  r0 = r6                               ;> R0=7 R6=7
  exit
