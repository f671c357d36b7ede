# gotol over code that is reached otherwise.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  if r0 > 7 goto big                    ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  gotol out
big:
                                        ;< from 1: R0=scalar(umin=8) R10=fp0
  r0 = 7                                ;> R0=7
out:
  exit
