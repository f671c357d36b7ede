# From 1 to 8.
;; PROG kprobe
;; VERIFY accept
;; INSNS 9
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 7                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r0 += 1                               ;> R0=scalar(smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=8,var_off=(0x0; 0xf))
  r2 = r0                               ;> R0=scalar(id=1,smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=8,var_off=(0x0; 0xf)) R2=scalar(id=1,smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=8,var_off=(0x0; 0xf))
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  call get_current_comm
                                        ;< R0=scalar()
  r0 = 0                                ;> R0=0
  exit
