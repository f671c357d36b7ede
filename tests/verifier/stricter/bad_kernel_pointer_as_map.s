# A work queue is set up with a task in the place of the map.
;; PROG sched_cls
;; STRICTER
;; STRUCT bpf_wq { u64 a; u64 b; }
;; STRUCT s { struct bpf_wq wq; }
;; MAP m array key=4 value=16 max=1 type=s
;; VERIFY reject EINVAL
;; INSNS 12
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=16)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=16)
  if r0 == 0 goto out                   ;> R0=map_value(map=m,ks=4,vs=16)
  r6 = r0                               ;> R0=map_value(map=m,ks=4,vs=16) R6=map_value(map=m,ks=4,vs=16)
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r1 = r6                               ;> R1=map_value(map=m,ks=4,vs=16) R6=map_value(map=m,ks=4,vs=16)
  r2 = r0                               ;> R0=trusted_ptr_task_struct() R2=trusted_ptr_task_struct()
  r3 = 0                                ;> R3=0
  call bpf_wq_init                      ;! pointer in R2 isn't map pointer
out:
  r0 = 0
  exit
