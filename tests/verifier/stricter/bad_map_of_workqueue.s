# A work queue is set up with a map that holds none.
;; PROG sched_cls
;; STRICTER
;; STRUCT bpf_wq { u64 a; u64 b; }
;; STRUCT s { struct bpf_wq wq; }
;; MAP m array key=4 value=16 max=1 type=s
;; MAP other array key=4 value=16 max=1
;; VERIFY reject EINVAL
;; INSNS 10

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=16)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=16)
  if r0 == 0 goto out                   ;> R0=map_value(map=m,ks=4,vs=16)
  r1 = r0                               ;> R0=map_value(map=m,ks=4,vs=16) R1=map_value(map=m,ks=4,vs=16)
  r2 = map[other]                       ;> R2=map_ptr(map=other,ks=4,vs=16)
  r3 = 0                                ;> R3=0
  call bpf_wq_init                      ;! workqueue pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0
out:
  r0 = 0
  exit
