# The string starts at a variable place.
;; PROG kprobe
;; MAP m array key=4 value=8 max=1 flags=rdonly_prog frozen data=hello
;; VERIFY reject EACCES
;; INSNS 9

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 1                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  r3 = map_value[m]                     ;> R3=map_value(map=m,ks=4,vs=8)
  r3 += r0
                                        ;< R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1)) R3=map_value(map=m,ks=4,vs=8,smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  call strncmp                          ;! R3 is not a constant address'
  r0 = 0
  exit
