# A field of the context.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = *(u32 *)(r1 +0)                  ;> R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R1=ctx()
  exit
