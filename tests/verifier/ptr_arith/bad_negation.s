# A pointer is negated, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r1 = -r1                              ;! R1 pointer arithmetic prohibited
  r0 = 0
  exit
