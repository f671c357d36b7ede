# A bitwise operation on a pointer.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r1 &= 1                               ;! R1 bitwise operator &= on pointer prohibited
  r0 = 0
  exit
