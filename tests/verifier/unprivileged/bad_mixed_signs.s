# A number that may be negative or not is added to a pointer, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r2 &= 1                               ;> R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  r2 += -1                              ;> R2=scalar(smin=smin32=-1,smax=smax32=0)
  r3 = map_value[m]                     ;> R3=map_value(map=m,ks=4,vs=8)
  r3 += 4                               ;> R3=map_value(map=m,ks=4,vs=8,off=4)
  r3 += r2                              ;! R2 has unknown scalar with mixed signed bounds, pointer arithmetic with it prohibited for !root
  r0 = 0
  exit
