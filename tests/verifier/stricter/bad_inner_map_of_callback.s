# A timer is armed with another inner map than the one it lies in: both come from callbacks over inner maps.
;; PROG sched_cls
;; STRICTER
;; STRUCT bpf_timer { u64 a; u64 b; }
;; STRUCT s { struct bpf_timer t; }
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static int first(void *map, int *key, struct s *value, void *other)
;; FUNC static int second(void *map, int *key, struct s *value, void *other)
;; MAP inner array key=4 value=16 max=1 type=s
;; MAP outer array_of_maps key=4 value=4 max=2 inner=inner
;; VERIFY reject EINVAL
;; INSNS 36
;; STATES max_per_insn=1 total=3 peak=3 mark_read=0

main:
                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[outer]                       ;> R1=map_ptr(map=outer,ks=4,vs=4)
  call map_lookup_elem                  ;> R0=map_value_or_null(id=1,map=outer,ks=4,vs=4)
  if r0 == 0 goto out                   ;> R0=map_ptr(ks=4,vs=16)
  r6 = r0                               ;> R0=map_ptr(ks=4,vs=16) R6=map_ptr(ks=4,vs=16)
  *(u32 *)(r10 -4) = 1                  ;> R10=fp0 fp-8=mmmm????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[outer]                       ;> R1=map_ptr(map=outer,ks=4,vs=4)
  call map_lookup_elem                  ;> R0=map_value_or_null(id=2,map=outer,ks=4,vs=4)
  if r0 == 0 goto out                   ;> R0=map_ptr(ks=4,vs=16)
  *(u64 *)(r10 -16) = r0                ;> R0=map_ptr(ks=4,vs=16) R10=fp0 fp-16=map_ptr(ks=4,vs=16)
  r1 = r6                               ;> R1=map_ptr(ks=4,vs=16) R6=map_ptr(ks=4,vs=16)
  r2 = func[first]                      ;> R2=func()
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += -16                             ;> R3=fp-16
  r4 = 0                                ;> R4=0
  call for_each_map_elem                ;> R0=scalar() R6=map_ptr(ks=4,vs=16) R10=fp0 fp-8=mmmm???? fp-16=map_ptr(ks=4,vs=16)
                                        ;: from 34: safe
out:
  r0 = 0                                ;> R0=0
  exit                                  ;: (0) frame 0 insn 15 +written -16
first:
                                        ;< from 22: frame1: R1=map_ptr(ks=4,vs=16) R2=map_key(ks=4,vs=16) R3=map_value(ks=4,vs=16) R4=fp[0]-16 R10=fp0 cb
  *(u64 *)(r10 -8) = r1                 ;> frame1: R1=map_ptr(ks=4,vs=16) R10=fp0 fp-8=map_ptr(ks=4,vs=16) cb
  r1 = *(u64 *)(r4 +0)                  ;> frame1: R1=map_ptr(ks=4,vs=16) R4=fp[0]-16 cb
  r2 = func[second]                     ;> frame1: R2=func() cb
  r3 = r10                              ;> frame1: R3=fp0 R10=fp0 cb
  r3 += -8                              ;> frame1: R3=fp-8 cb
  r4 = 0                                ;> frame1: R4=0 cb
  call for_each_map_elem                ;> frame1: R0=scalar() R10=fp0 fp-8=map_ptr(ks=4,vs=16) cb
  r0 = 0                                ;> frame1: R0=0 cb
  exit                                  ;: (22,25) frame 1 insn 25 +written -8
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R10=fp0 fp-8=map_ptr(ks=4,vs=16) cb
                                        ;: to caller at 22:
                                        ;:  R0=map_ptr(ks=4,vs=16) R1=map_ptr(ks=4,vs=16) R2=func() R3=fp-16 R4=0 R6=map_ptr(ks=4,vs=16) R10=fp0 fp-8=mmmm???? fp-16=map_ptr(ks=4,vs=16)
second:
                                        ;< from 32: frame2: R1=map_ptr(ks=4,vs=16) R2=map_key(ks=4,vs=16) R3=map_value(ks=4,vs=16) R4=fp[1]-8 R10=fp0 cb
  r1 = r3                               ;> frame2: R1=map_value(ks=4,vs=16) R3=map_value(ks=4,vs=16) cb
  r2 = *(u64 *)(r4 +0)                  ;> frame2: R2=map_ptr(ks=4,vs=16) R4=fp[1]-8 cb
  r3 = 0                                ;> frame2: R3=0 cb
  call timer_init                       ;! timer pointer in R1 map_uid=2 doesn't match map pointer in R2 map_uid=1
  r0 = 0
  exit
