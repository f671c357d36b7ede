# With CAP_PERFMON the difference of two pointers is a number.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 -= r1                              ;> R1=ctx() R2=scalar()
  r0 = 0                                ;> R0=0
  exit
