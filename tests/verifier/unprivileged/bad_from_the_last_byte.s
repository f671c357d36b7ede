# There is nothing to mask at the end of the stack, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r4 = *(u32 *)(r1 +0)                  ;> R1=ctx() R4=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r4 &= 1                               ;> R4=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -512                            ;> R2=fp-512
  r2 += r4                              ;! R2 tried to add beyond pointer bounds, pointer arithmetic with it prohibited for !root
  r0 = 0
  exit
