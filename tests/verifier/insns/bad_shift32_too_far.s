# Nor 32 bits by 32.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  w0 = 1                                ;> R0=1
  w0 <<= 32                             ;! invalid shift 32
  exit
