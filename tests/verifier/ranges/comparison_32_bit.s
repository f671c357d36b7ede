# 32-bit comparisons know the low half.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY accept
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  r0 = *(u64 *)(r1 +0)                  ;> R0=scalar() R1=map_value(map=a,ks=4,vs=8)
  if w0 > 7 goto out                    ;> R0=scalar(smax=0x7fffffff00000007,umax=0xADDR,smin32=0,smax32=umax32=7,var_off=(0x0; 0xADDR))
  w0 = w0                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
out:
                                        ;< from 3: R0=scalar(smin=0x8000000000000008,umin=umin32=8) R1=map_value(map=a,ks=4,vs=8) R10=fp0
  exit
