# An unknown operand makes the result unknown.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r0 s/= 3                              ;> R0=scalar()
  r0 s%= 7                              ;> R0=scalar()
  exit
