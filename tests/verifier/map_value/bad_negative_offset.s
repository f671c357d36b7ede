# A signed index with an upper bound only.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r6 = map_value[a]                     ;> R6=map_value(map=a,ks=4,vs=8)
  r7 = *(u64 *)(r6 +0)                  ;> R6=map_value(map=a,ks=4,vs=8) R7=scalar()
  if r7 s> 7 goto out                   ;> R7=scalar(smax=7)
  r6 += r7                              ;! math between map_value pointer and register with unbounded min value is not allowed
  r0 = *(u8 *)(r6 +0)
out:
  r0 = 0
  exit
