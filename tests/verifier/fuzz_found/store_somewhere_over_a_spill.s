# A store at an unknown place makes a spilled scalar next to it something unknown.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 13

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r6 = r0                               ;> R0=scalar(id=1) R6=scalar(id=1)
  r6 &= 8                               ;> R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  *(u64 *)(r10 -16) = 5                 ;> R10=fp0 fp-16=5
  *(u64 *)(r10 -8) = r6                 ;> R6=scalar(id=2,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R10=fp0 fp-8=scalar(id=2,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -16                             ;> R1=fp-16
  r1 += r6
                                        ;< R1=fp(off=-16,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R6=scalar(id=2,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  *(u64 *)(r1 +0) = 1                   ;> R1=fp(off=-16,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) fp-8=mmmmmmmm fp-16=mmmmmmmm
  r2 = *(u64 *)(r10 -8)                 ;> R2=scalar() R10=fp0 fp-8=mmmmmmmm
  r3 = *(u64 *)(r10 -16)                ;> R3=scalar() R10=fp0 fp-16=mmmmmmmm
  r0 = 0                                ;> R0=0
  exit                                  ;: (0) frame 0 insn 4 +written -8
                                        ;: (0) frame 0 insn 3 +written -8,-16
                                        ;: (0) frame 0 insn 1 +written -8,-16
                                        ;: (0) frame 0 insn 0 +written -8,-16
