# The value has 8 bytes.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  r0 = *(u64 *)(r1 +1)                  ;: invalid access to map value, value_size=8 off=1 size=8
                                        ;! R1 min value is outside of the allowed memory range
  exit
