# Two pointers have no sum.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r1 += r10                             ;! R1 pointer += pointer prohibited
  r0 = 0
  exit
