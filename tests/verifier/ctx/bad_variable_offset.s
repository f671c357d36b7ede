# Nor one with an unknown offset.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 4                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=4,var_off=(0x0; 0x4))
  r6 += r0
                                        ;< R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=4,var_off=(0x0; 0x4)) R6=ctx(smin=smin32=0,smax=umax=smax32=umax32=4,var_off=(0x0; 0x4))
  r0 = *(u32 *)(r6 +0)                  ;! variable ctx access var_off=(0x0; 0x4) disallowed
  exit
