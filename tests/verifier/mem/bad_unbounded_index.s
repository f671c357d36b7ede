# The index was never compared with anything.
;; PROG socket_filter
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r1 = map_value[m]                     ;> R1=map_value(map=m,ks=4,vs=8)
  r1 += r2
                                        ;< R1=map_value(map=m,ks=4,vs=8,smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r0 = *(u8 *)(r1 +0)                   ;! R1 unbounded memory access, make sure to bounds check any such access
  exit
