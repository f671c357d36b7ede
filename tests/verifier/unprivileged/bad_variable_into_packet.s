# A variable offset into the packet: without CAP_PERFMON it cannot be masked.
;; PROG sched_cls
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r2 &= 1                               ;> R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  r3 = *(u32 *)(r1 +76)                 ;> R1=ctx() R3=pkt(r=0)
  r3 += r2                              ;! R3 has pointer with unsupported alu operation, pointer arithmetic with it prohibited for !root
  r0 = 0
  exit
