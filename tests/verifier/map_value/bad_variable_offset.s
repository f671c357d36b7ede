# An index that is not.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  r1 += r0                              ;! math between map_value pointer and register with unbounded min value is not allowed
  r0 = *(u8 *)(r1 +0)
  exit
