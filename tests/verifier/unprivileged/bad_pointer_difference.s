# So does a difference.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 -= r1                              ;! R2 pointer -= pointer prohibited
  r0 = 0
  exit
