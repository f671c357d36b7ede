# Offsets have an end.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  r2 = 0x40000000                       ;> R2=0x40000000
  r1 += r2                              ;! math between map_value pointer and 1073741824 is not allowed
  r0 = *(u8 *)(r1 +0)
  exit
