# From the frame pointer one subtracts by adding a negative number.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 -= 8                               ;! R2 subtraction from stack pointer prohibited
  r0 = 0
  exit
