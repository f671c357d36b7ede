# A stack pointer moves by constants.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r0 = *(u32 *)(r1 +0)                  ;> R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R1=ctx()
  r0 &= 4                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=4,var_off=(0x0; 0x4))
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r1 += r0                              ;! R1 variable stack access prohibited for !root, var_off=(0x0; 0x4) off=-8
  r0 = *(u32 *)(r1 +0)
  exit
