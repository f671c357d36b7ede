# An atomic operation reads first.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = 3                                ;> R1=3
  lock *(u64 *)(r10 -8) += r1           ;! invalid read from stack R10 off=-8 size=8
  r0 = 0
  exit
