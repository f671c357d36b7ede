# An atomic addition to the stack needs a known place.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 7

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  *(u64 *)(r10 -16) = 0                 ;> R10=fp0 fp-16=0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r2 &= 8                               ;> R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += r2
                                        ;< R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R3=fp(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  lock *(u64 *)(r3 -16) += r2           ;! variable offset stack pointer cannot be passed into helper function; var_off=(0x0; 0x8) off=-16 size=8
  r0 = 0
  exit
