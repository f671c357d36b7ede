# A narrow fill is not 4 more than anything: a new link of it starts from 0.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 12
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r8 = r0                               ;> R0=scalar(id=1) R8=scalar(id=1)
  r8 += 4                               ;> R8=scalar(id=1+4)
  *(u16 *)(r10 -8) = r8                 ;> R8=scalar(id=1+4) R10=fp0 fp-8=??????scalar()
  r8 = *(u16 *)(r10 -8)                 ;> R8=scalar(smin=smin32=0,smax=umax=smax32=umax32=0xffff,var_off=(0x0; 0xffff)) R10=fp0 fp-8=??????scalar()
  r3 = r8                               ;> R3=scalar(id=2,smin=smin32=0,smax=umax=smax32=umax32=0xffff,var_off=(0x0; 0xffff)) R8=scalar(id=2,smin=smin32=0,smax=umax=smax32=umax32=0xffff,var_off=(0x0; 0xffff))
  r3 += 1                               ;> R3=scalar(id=2+1,smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=0x10000,var_off=(0x0; 0x1ffff))
  if r3 > 8 goto out                    ;> R3=scalar(id=2+1,smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=8,var_off=(0x0; 0xf))
  r4 = r8                               ;> R4=scalar(id=2,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R8=scalar(id=2,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
out:
  r0 = 0                                ;> R0=0
                                        ;: from 7: safe
  exit
