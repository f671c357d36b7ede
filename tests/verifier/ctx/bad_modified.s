# A context pointer that was moved cannot be followed.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 += 8                               ;> R1=ctx(off=8)
  r0 = *(u32 *)(r1 +0)                  ;! dereference of modified ctx ptr R1 off=8 disallowed
  exit
