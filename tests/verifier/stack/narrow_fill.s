# The low half of a spilled number.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 0xff                            ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))
  *(u64 *)(r10 -8) = r0                 ;> R0=scalar(id=1,smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R10=fp0 fp-8=scalar(id=1,smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))
  r0 = *(u32 *)(r10 -8)                 ;> R0=scalar(id=1,smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R10=fp0 fp-8=scalar(id=1,smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))
  exit                                  ;: (0) frame 0 insn 2 +written -8
                                        ;: (0) frame 0 insn 1 +written -8
                                        ;: (0) frame 0 insn 0 +written -8
