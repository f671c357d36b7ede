# A pointer is subtracted from a number.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 1                                ;> R0=1
  r0 -= r1                              ;! R0 tried to subtract pointer from scalar
  exit
