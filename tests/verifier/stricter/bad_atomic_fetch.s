# A value that an atomic instruction fetched from the stack counts: 0 on one path, 4096 on the other.
;; PROG socket_filter
;; STRICTER
;; FLAGS test_state_freq
;; MAP m array key=4 value=48 max=1
;; VERIFY reject EACCES
;; INSNS 29
;; STATES max_per_insn=1 total=7 peak=7 mark_read=0

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
  r6 = *(u64 *)(r0 +0)                  ;> R0=map_value(map=m,ks=4,vs=48) R6=scalar()
  r8 = 4096                             ;> R8=4096
  if r6 == 0 goto store                 ;> R6=scalar(umin=1)
  r8 = 0                                ;> R8=0
store:
                                        ;< from 11: R0=map_value(map=m,ks=4,vs=48) R6=0 R8=4096 R9=map_value(map=m,ks=4,vs=48) R10=fp0 fp-8=0000????
  *(u64 *)(r10 -16) = r8                ;> R8=0 R10=fp0 fp-16=0
                                        ;> R8=4096 R10=fp0 fp-16=4096
  r8 = 0                                ;> R8=0
                                        ;> R8=0
  r6 = 0                                ;> R6=0
                                        ;> R6=0
  goto next
next:
  r2 = 0                                ;> R2=0
                                        ;> R2=0
  r2 = atomic64_fetch_add((u64 *)(r10 -16), r2)  ;> R2=0 R10=fp0 fp-16=mmmmmmmm
                                        ;> R2=4096 R10=fp0 fp-16=mmmmmmmm
  r9 += r2
                                        ;< R2=0 R9=map_value(map=m,ks=4,vs=48)
                                        ;< R2=4096 R9=map_value(map=m,ks=4,vs=48,off=4096)
  r3 = *(u64 *)(r9 +0)                  ;> R3=scalar() R9=map_value(map=m,ks=4,vs=48)
                                        ;: invalid access to map value, value_size=48 off=4096 size=8
                                        ;! R9 min value is outside of the allowed memory range
  r0 = 0                                ;> R0=0
  exit                                  ;: (0) frame 0 insn 18 +written -16
                                        ;: (0) frame 0 insn 17 +written -16
                                        ;: (0) frame 0 insn 13 +written -16
                                        ;: (0) frame 0 insn 11 +written -16
                                        ;: (0) frame 0 insn 8 +written -16
