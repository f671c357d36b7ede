# Pointers can be added to and subtracted from.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r1 *= 2                               ;! R1 pointer arithmetic with *= operator prohibited
  r0 = 0
  exit
