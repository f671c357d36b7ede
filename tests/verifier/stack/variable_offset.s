# An unknown offset within written bytes.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 9

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  *(u64 *)(r10 -16) = 0                 ;> R10=fp0 fp-16=0
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 7                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -16                             ;> R1=fp-16
  r1 += r0
                                        ;< R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R1=fp(off=-16,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r0 = *(u8 *)(r1 +0)                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R1=fp(off=-16,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) fp-16=0
  exit                                  ;: (0) frame 0 insn 1 +written -16
                                        ;: (0) frame 0 insn 0 +written -8,-16
