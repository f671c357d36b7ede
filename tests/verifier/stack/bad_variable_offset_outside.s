# One of the two possible places is above the stack.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r2 &= 8                               ;> R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += r2
                                        ;< R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R3=fp(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  *(u64 *)(r3 -8) = 0                   ;! invalid variable-offset write to stack R3 var_off=(0x0; 0x8) off=-8 size=8
  r0 = 0
  exit
