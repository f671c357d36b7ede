# The index may be negative.
;; PROG socket_filter
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r2 &= 1                               ;> R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  r2 += -1                              ;> R2=scalar(smin=smin32=-1,smax=smax32=0)
  r1 = map_value[m]                     ;> R1=map_value(map=m,ks=4,vs=8)
  r1 += r2
                                        ;< R1=map_value(map=m,ks=4,vs=8,smin=smin32=-1,smax=smax32=0) R2=scalar(smin=smin32=-1,smax=smax32=0)
  r0 = *(u8 *)(r1 +0)                   ;! R1 min value is negative, either use unsigned index or do a if (index >=0) check.
  exit
