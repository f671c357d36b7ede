# Anywhere up to 4 GiB behind the stack.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += r2
                                        ;< R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R3=fp(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  *(u8 *)(r3 -8) = 0                    ;! invalid unbounded variable-offset write to stack R3
  r0 = 0
  exit
