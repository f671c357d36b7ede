# Half of a pointer is none.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  w1 += 1                               ;! R1 32-bit pointer arithmetic prohibited
  r0 = 0
  exit
