# What is null on one path and stored to a kptr is 4096 on the other.
;; PROG sched_cls
;; STRICTER
;; FLAGS test_state_freq
;; STRUCT task_struct { int a; }
;; STRUCT s { struct task_struct __kptr_untrusted *task; u64 more; }
;; MAP m array key=4 value=16 max=1 type=s
;; VERIFY reject EACCES
;; INSNS 18
;; STATES max_per_insn=1 total=7 peak=7 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=16)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=16)
  if r0 != 0 goto found                 ;> R0=map_value(map=m,ks=4,vs=16)
  exit
found:
  r7 = *(u64 *)(r0 +8)                  ;> R0=map_value(map=m,ks=4,vs=16) R7=scalar()
  r6 = 4096                             ;> R6=4096
  if r7 == 0 goto chosen                ;> R7=scalar(umin=1)
  r6 = 0                                ;> R6=0
chosen:
                                        ;< from 10: R0=map_value(map=m,ks=4,vs=16) R6=4096 R7=0 R10=fp0 fp-8=0000????
  r7 = 0                                ;> R7=0
                                        ;> R7=0
  goto next
next:
  *(u64 *)(r0 +0) = r6                  ;> R0=map_value(map=m,ks=4,vs=16) R6=0
                                        ;! invalid kptr access, R6 type=scalar expected=ptr_task_struct or untrusted_ptr_task_struct
  r0 = 0                                ;> R0=0
  exit
