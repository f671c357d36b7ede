# A pointer behind the map's value, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r3 = map_value[m]                     ;> R3=map_value(map=m,ks=4,vs=8)
  r3 += 100                             ;: invalid access to map value, value_size=8 off=100 size=1
                                        ;: R3 min value is outside of the allowed memory range
                                        ;! R3 pointer arithmetic of map value goes out of range, prohibited for !root
  r0 = 0
  exit
