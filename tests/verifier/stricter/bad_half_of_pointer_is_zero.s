# The lower half of a pointer may be zero, so the code behind the test counts.
;; PROG socket_filter
;; STRICTER
;; MAP m array key=4 value=48 max=1
;; VERIFY reject EACCES
;; INSNS 11
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=48)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=48)
  if r0 != 0 goto found                 ;> R0=map_value(map=m,ks=4,vs=48)
  exit
found:
  if w0 == 0 goto zero                  ;> R0=map_value(map=m,ks=4,vs=48)
  r0 = 0                                ;> R0=0
  exit
zero:
                                        ;< from 8: R0=map_value(map=m,ks=4,vs=48) R10=fp0 fp-8=0000????
  r0 += 4096                            ;> R0=map_value(map=m,ks=4,vs=48,off=4096)
  r3 = *(u64 *)(r0 +0)                  ;: invalid access to map value, value_size=48 off=4096 size=8
                                        ;! R0 min value is outside of the allowed memory range
  r0 = 0
  exit
