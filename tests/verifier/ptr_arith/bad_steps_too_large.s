# Two steps that are small enough, but not together.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += 536870911                       ;> R2=fp0x1fffffff
  r2 += 536870911                       ;! fp pointer offset 1073741822 is not allowed
  r2 += 1
  r0 = 0
  exit
