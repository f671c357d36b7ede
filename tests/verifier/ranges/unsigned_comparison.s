# Both sides of a comparison learn from it.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  if r0 < 16 goto small                 ;> R0=scalar(umin=16)
  exit
small:
                                        ;< from 1: R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf)) R10=fp0
  r0 += 1                               ;> R0=scalar(smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=16,var_off=(0x0; 0x1f))
  exit
