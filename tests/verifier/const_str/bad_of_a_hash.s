# The string is in a map whose values have no fixed address.
;; PROG kprobe
;; MAP m hash key=4 value=8 max=1 flags=rdonly_prog frozen
;; VERIFY reject EACCES
;; INSNS 13
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  call map_lookup_elem                  ;> R0=map_value_or_null(id=1,map=m,ks=4,vs=8)
  if r0 != 0 goto pc+1                  ;> R0=0
  exit
                                        ;< from 6: R0=map_value(map=m,ks=4,vs=8) R10=fp0 fp-8=0000????
  r3 = r0                               ;> R0=map_value(map=m,ks=4,vs=8) R3=map_value(map=m,ks=4,vs=8)
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  call strncmp                          ;! no direct value access support for this map type
  r0 = 0
  exit
