# The value has no lock.
;; PROG sched_cls
;; STRUCT val { int a; int b; }
;; MAP m array key=4 value=8 type=val
;; VERIFY reject EINVAL
;; INSNS 9

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=8)
  if r0 == 0 goto out                   ;> R0=map_value(map=m,ks=4,vs=8)
  r6 = r0                               ;> R0=map_value(map=m,ks=4,vs=8) R6=map_value(map=m,ks=4,vs=8)
  r1 = r6                               ;> R1=map_value(map=m,ks=4,vs=8) R6=map_value(map=m,ks=4,vs=8)
  call spin_lock                        ;! map 'm' has no valid bpf_spin_lock
out:
  r0 = 0
  exit
