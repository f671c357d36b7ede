# Key and value of every element.
;; PROG socket_filter
;; MAP m hash key=4 value=8 max=1
;; FUNC global int main(void *ctx)
;; FUNC static int each(void *map, void *key, void *value, void *ctx)
;; VERIFY accept
;; INSNS 14
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;: arg#0 reference type('UNKNOWN ') size cannot be determined: -22
main:
                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = func[each]                       ;> R2=func()
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += -8                              ;> R3=fp-8
  r4 = 0                                ;> R4=0
  call for_each_map_elem                ;> R0=scalar() R10=fp0 fp-8=0
                                        ;: from 14: safe
  r0 = 0                                ;> R0=0
  exit                                  ;: (0) frame 0 insn 4 +written -8
                                        ;: (0) frame 0 insn 2 +written -8
                                        ;: (0) frame 0 insn 0 +written -8
each:
                                        ;< from 8: frame1: R1=map_ptr(map=m,ks=4,vs=8) R2=map_key(map=m,ks=4,vs=8) R3=map_value(map=m,ks=4,vs=8) R4=fp[0]-8 R10=fp0 cb
  r1 = *(u32 *)(r2 +0)                  ;> frame1: R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R2=map_key(map=m,ks=4,vs=8) cb
  *(u64 *)(r3 +0) = r1                  ;> frame1: R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R3=map_value(map=m,ks=4,vs=8) cb
  r0 = 0                                ;> frame1: R0=0 cb
  exit                                  ;: returning from callee:
                                        ;:  frame1: R0=0 R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R2=map_key(map=m,ks=4,vs=8) R3=map_value(map=m,ks=4,vs=8) R4=fp[0]-8 R10=fp0 cb
                                        ;: to caller at 8:
                                        ;:  R1=map_ptr(map=m,ks=4,vs=8) R2=func() R3=fp-8 R4=0 R10=fp0 fp-8=0
