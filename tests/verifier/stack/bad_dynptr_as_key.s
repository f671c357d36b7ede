# A map key at one of two places of a dynptr.
;; PROG socket_filter
;; MAP m hash key=8 value=8 max=1
;; MAP a array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 13

                                        ;< R1=ctx() R10=fp0
  r6 = *(u32 *)(r1 +0)                  ;> R1=ctx() R6=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r6 &= 8                               ;> R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  r4 = r10                              ;> R4=fp0 R10=fp0
  r4 += -16                             ;> R4=fp-16
  call dynptr_from_mem
                                        ;< R0=scalar() fp-16=dynptr_local(id=1,dynptr_id=1)
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=8,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -16                             ;> R2=fp-16
  r2 += r6
                                        ;< R2=fp(off=-16,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  call map_lookup_elem                  ;! invalid read from stack R2 var_off (0x0; 0x8)+0 size 8
  r0 = 0
  exit
