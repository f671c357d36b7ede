# The timer of the value is at its start, not 8 bytes further.
;; PROG sched_cls
;; STRUCT bpf_timer { u64 opaque[2]; }
;; STRUCT val { struct bpf_timer t; u64 data; }
;; MAP m array key=4 value=24 type=val
;; VERIFY reject EINVAL
;; INSNS 12

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=24)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=24)
  if r0 == 0 goto out                   ;> R0=map_value(map=m,ks=4,vs=24)
  r6 = r0                               ;> R0=map_value(map=m,ks=4,vs=24) R6=map_value(map=m,ks=4,vs=24)
  r6 += 8                               ;> R6=map_value(map=m,ks=4,vs=24,off=8)
  r1 = r6                               ;> R1=map_value(map=m,ks=4,vs=24,off=8) R6=map_value(map=m,ks=4,vs=24,off=8)
  r2 = map[m]                           ;> R2=map_ptr(map=m,ks=4,vs=24)
  r3 = 1                                ;> R3=1
  call timer_init                       ;! off 8 doesn't point to 'struct bpf_timer' that is at 0
out:
  r0 = 0
  exit
