# A helper is called with the lock held: no call is allowed there.
;; PROG sched_cls
;; STRUCT bpf_spin_lock { u32 val; }
;; STRUCT val { struct bpf_spin_lock lock; int data; }
;; MAP m array key=4 value=8 type=val
;; VERIFY reject EINVAL
;; INSNS 10
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  call map_lookup_elem                  ;> R0=map_value(id=1,map=m,ks=4,vs=8)
  if r0 == 0 goto out                   ;> R0=map_value(id=1,map=m,ks=4,vs=8)
  r6 = r0                               ;> R0=map_value(id=1,map=m,ks=4,vs=8) R6=map_value(id=1,map=m,ks=4,vs=8)
  r1 = r6                               ;> R1=map_value(id=1,map=m,ks=4,vs=8) R6=map_value(id=1,map=m,ks=4,vs=8)
  call spin_lock                        ;> refs=1
  call get_prandom_u32                  ;! function calls are not allowed while holding a lock
out:
  r0 = 0
  exit
