# A kptr has a known place.
;; PROG kprobe
;; STRUCT s { u64 a; u64 b; }
;; MAP m array key=4 value=16 max=1 type=s
;; VERIFY reject EINVAL
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 8                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r1 = map_value[m]                     ;> R1=map_value(map=m,ks=4,vs=16)
  r1 += r0
                                        ;< R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R1=map_value(map=m,ks=4,vs=16,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r2 = 0                                ;> R2=0
  call kptr_xchg                        ;! R1 doesn't have constant offset. kptr has to be at the constant offset
  r0 = 0
  exit
