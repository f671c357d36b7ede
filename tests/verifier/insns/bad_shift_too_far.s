# 64 bits cannot be shifted by 64.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 1                                ;> R0=1
  r0 <<= 64                             ;! invalid shift 64
  exit
