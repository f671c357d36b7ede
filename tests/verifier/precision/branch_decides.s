# What a branch depends on must be exact.
;; PROG socket_filter
;; SHOW precision
;; MAP a array key=4 value=8 max=1
;; VERIFY accept
;; INSNS 12
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r6 = 3                                ;> R6=3
  if r0 > 9 goto more                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=9,var_off=(0x0; 0xf))
  r6 = 5                                ;> R6=5
more:
                                        ;< from 2: R0=scalar(umin=10) R6=3 R10=fp0
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
                                        ;> R1=map_value(map=a,ks=4,vs=8)
  r1 += r6                              ;: mark_precise: frame0: last_idx 6 first_idx 0 subseq_idx -1
                                        ;: mark_precise: frame0: regs=r6 stack= before 4: (18) r1 = 0xADDR
                                        ;: mark_precise: frame0: regs=r6 stack= before 3: (b7) r6 = 5
                                        ;: mark_precise: frame0: last_idx 6 first_idx 4 subseq_idx -1
                                        ;: mark_precise: frame0: regs=r6 stack= before 4: (18) r1 = 0xADDR
                                        ;: mark_precise: frame0: parent state regs=r6 stack=:  R0=scalar(umin=10) R6=P3 R10=fp0
                                        ;: mark_precise: frame0: last_idx 2 first_idx 0 subseq_idx 4
                                        ;: mark_precise: frame0: regs=r6 stack= before 2: (25) if r0 > 0x9 goto pc+1
                                        ;: mark_precise: frame0: regs=r6 stack= before 1: (b7) r6 = 3
                                        ;< R1=map_value(map=a,ks=4,vs=8,off=5) R6=5
                                        ;< R1=map_value(map=a,ks=4,vs=8,off=3) R6=3
  r0 = *(u8 *)(r1 +0)                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R1=map_value(map=a,ks=4,vs=8,off=5)
                                        ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R1=map_value(map=a,ks=4,vs=8,off=3)
  exit
