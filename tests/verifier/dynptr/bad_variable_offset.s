# Where on the stack the dynptr is to be depends on a number of the packet.
;; PROG sched_cls
;; MAP rb ringbuf key=0 value=0 max=4096
;; VERIFY reject EINVAL
;; INSNS 9

                                        ;< R1=ctx() R10=fp0
  r7 = *(u32 *)(r1 +0)                  ;> R1=ctx() R7=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r7 &= 8                               ;> R7=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r1 = map[rb]                          ;> R1=map_ptr(map=rb,ks=0,vs=0)
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  r4 = r10                              ;> R4=fp0 R10=fp0
  r4 += -32                             ;> R4=fp-32
  r4 += r7
                                        ;< R4=fp(off=-32,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R7=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  call ringbuf_reserve_dynptr           ;: dynptr has to be at a constant offset
                                        ;! Dynptr has to be an uninitialized dynptr
out:
  r0 = 0
  exit
