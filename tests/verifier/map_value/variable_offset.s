# An index that is masked.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY accept
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 7                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  r1 += r0
                                        ;< R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R1=map_value(map=a,ks=4,vs=8,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r0 = *(u8 *)(r1 +0)                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R1=map_value(map=a,ks=4,vs=8,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  exit
