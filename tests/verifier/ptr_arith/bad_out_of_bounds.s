# At least one GiB away.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r2 |= 0x40000000                      ;> R2=scalar(smin=umin=umin32=0x40000000,smax=umax=0xffffffff,smin32=0xc0000000,var_off=(0x40000000; 0xbfffffff))
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += r2                              ;! value 1073741824 makes fp pointer be out of bounds
  r0 = 0
  exit
