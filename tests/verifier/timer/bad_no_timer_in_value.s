# The value has no timer.
;; PROG sched_cls
;; STRUCT val { u64 a; u64 b; }
;; MAP m array key=4 value=16 type=val
;; VERIFY reject EINVAL
;; INSNS 11

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=16)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=16)
  if r0 == 0 goto out                   ;> R0=map_value(map=m,ks=4,vs=16)
  r6 = r0                               ;> R0=map_value(map=m,ks=4,vs=16) R6=map_value(map=m,ks=4,vs=16)
  r1 = r6                               ;> R1=map_value(map=m,ks=4,vs=16) R6=map_value(map=m,ks=4,vs=16)
  r2 = map[m]                           ;> R2=map_ptr(map=m,ks=4,vs=16)
  r3 = 1                                ;> R3=1
  call timer_init                       ;! map 'm' has no valid bpf_timer
out:
  r0 = 0
  exit
