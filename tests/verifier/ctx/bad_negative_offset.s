# Before the context.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 += -4                              ;> R1=ctx(off=-4)
  r0 = *(u32 *)(r1 +0)                  ;! negative offset ctx ptr R1 off=-4 disallowed
  exit
