# The index may be as large as the value.
;; PROG socket_filter
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r2 &= 8                               ;> R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r1 = map_value[m]                     ;> R1=map_value(map=m,ks=4,vs=8)
  r1 += r2
                                        ;< R1=map_value(map=m,ks=4,vs=8,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r0 = *(u8 *)(r1 +0)                   ;: invalid access to map value, value_size=8 off=8 size=1
                                        ;! R1 max value is outside of the allowed memory range
  exit
