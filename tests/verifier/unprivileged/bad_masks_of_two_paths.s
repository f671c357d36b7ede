# Two paths reach an addition with different limits, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; MAP m array key=4 value=48 max=1
;; VERIFY reject EACCES
;; INSNS 12
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r4 = *(u32 *)(r1 +4)                  ;> R1=ctx() R4=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r4 &= 7                               ;> R4=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r3 = map_value[m]                     ;> R3=map_value(map=m,ks=4,vs=48)
  if r2 > 7 goto pc+1                   ;> R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r4 &= 1                               ;> R4=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
                                        ;< from 5: R1=ctx() R2=scalar(smin=umin=umin32=8,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R3=map_value(map=m,ks=4,vs=48) R4=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R10=fp0
  r3 += r4                              ;! R3 tried to add from different maps, paths or scalars, pointer arithmetic with it prohibited for !root
                                        ;< R3=map_value(map=m,ks=4,vs=48,smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1)) R4=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
                                        ;< from 7 speculatively: R1=ctx() R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R3=map_value(map=m,ks=4,vs=48) R4=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1)) R10=fp0
  r0 = 0                                ;> R0=0
                                        ;> R0=0
  exit
