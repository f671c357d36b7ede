# What an atomic fetched from a map value is wanted to be precise only as far as the instruction.
;; PROG sched_cls
;; FLAGS test_state_freq
;; MAP array array key=4 value=48 max=4
;; SHOW precision
;; VERIFY accept
;; INSNS 15
;; STATES max_per_insn=0 total=3 peak=3 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[array]                       ;> R1=map_ptr(map=array,ks=4,vs=48)
  call map_lookup_elem                  ;> R0=map_value(map=array,ks=4,vs=48)
  if r0 == 0 goto out                   ;> R0=map_value(map=array,ks=4,vs=48)
  r9 = r0                               ;> R0=map_value(map=array,ks=4,vs=48) R9=map_value(map=array,ks=4,vs=48)
  r3 = 1                                ;> R3=1
  r3 = atomic64_fetch_add((u64 *)(r9 +0), r3)  ;> R3=scalar() R9=map_value(map=array,ks=4,vs=48)
  goto pc+0
  r3 &= 7                               ;> R3=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r9 += r3                              ;: mark_precise: frame0: last_idx 12 first_idx 11 subseq_idx -1
                                        ;: mark_precise: frame0: regs=r3 stack= before 11: (57) r3 &= 7
                                        ;: mark_precise: frame0: parent state regs=r3 stack=:  R0=map_value(map=array,ks=4,vs=48) R3=Pscalar() R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000????
                                        ;: mark_precise: frame0: last_idx 10 first_idx 6 subseq_idx 11
                                        ;: mark_precise: frame0: regs=r3 stack= before 10: (05) goto pc+0
                                        ;: mark_precise: frame0: regs=r3 stack= before 9: (db) r3 = atomic64_fetch_add((u64 *)(r9 +0), r3)
                                        ;: mark_precise: frame0: regs=r3 stack= before 8: (b7) r3 = 1
                                        ;< R3=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R9=map_value(map=array,ks=4,vs=48,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r0 = *(u8 *)(r9 +0)                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R9=map_value(map=array,ks=4,vs=48,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
out:
  r0 = 0                                ;> R0=0
  exit
