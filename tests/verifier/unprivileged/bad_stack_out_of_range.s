# A pointer below the stack, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -600                            ;! R2 stack pointer arithmetic goes out of range, prohibited for !root; off=-600
  r0 = 0
  exit
