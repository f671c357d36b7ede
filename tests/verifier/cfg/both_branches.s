# An unknown condition is walked both ways.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  if r0 > 9 goto big                    ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=9,var_off=(0x0; 0xf))
  r0 += 1                               ;> R0=scalar(smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=10,var_off=(0x0; 0xf))
  exit
big:
                                        ;< from 1: R0=scalar(umin=10) R10=fp0
  r0 = 9                                ;> R0=9
  exit
