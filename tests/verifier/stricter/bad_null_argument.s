# What is null on one path and passed as a pointer is 4096 on the other.
;; PROG sched_cls
;; STRICTER
;; FLAGS test_state_freq
;; MAP m array key=4 value=48 max=1
;; VERIFY reject EACCES
;; INSNS 29
;; STATES max_per_insn=1 total=8 peak=8 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=48)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=48)
  if r0 != 0 goto found                 ;> R0=map_value(map=m,ks=4,vs=48)
  exit
found:
  r9 = r0                               ;> R0=map_value(map=m,ks=4,vs=48) R9=map_value(map=m,ks=4,vs=48)
  r7 = *(u64 *)(r0 +0)                  ;> R0=map_value(map=m,ks=4,vs=48) R7=scalar()
  r6 = 4096                             ;> R6=4096
  if r7 == 0 goto chosen                ;> R7=scalar(umin=1)
  r6 = 0                                ;> R6=0
chosen:
                                        ;< from 11: R0=map_value(map=m,ks=4,vs=48) R6=4096 R7=0 R9=map_value(map=m,ks=4,vs=48) R10=fp0 fp-8=0000????
  r7 = 0                                ;> R7=0
                                        ;> R7=0
  goto next
next:
  r1 = r6                               ;> R1=0 R6=0
                                        ;> R1=4096 R6=4096
  r2 = 0                                ;> R2=0
                                        ;> R2=0
  r3 = r9                               ;> R3=map_value(map=m,ks=4,vs=48) R9=map_value(map=m,ks=4,vs=48)
                                        ;> R3=map_value(map=m,ks=4,vs=48) R9=map_value(map=m,ks=4,vs=48)
  r4 = 4                                ;> R4=4
                                        ;> R4=4
  r5 = 0                                ;> R5=0
                                        ;> R5=0
  call csum_diff                        ;! R1 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_
                                        ;< R0=scalar()
  r0 = 0                                ;> R0=0
  exit
