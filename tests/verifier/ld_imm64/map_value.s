# The address of a place inside an array's only value.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY accept
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[a]+4                   ;> R1=map_value(map=a,ks=4,vs=8,off=4)
  r0 = *(u32 *)(r1 +0)                  ;> R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R1=map_value(map=a,ks=4,vs=8,off=4)
  exit
