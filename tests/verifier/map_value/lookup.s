# A value may be absent: the pointer is checked first.
;; PROG socket_filter
;; MAP m hash key=4 value=8 max=1
;; VERIFY accept
;; INSNS 10
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  call map_lookup_elem                  ;> R0=map_value_or_null(id=1,map=m,ks=4,vs=8)
  if r0 == 0 goto out                   ;> R0=map_value(map=m,ks=4,vs=8)
  r0 = *(u64 *)(r0 +0)                  ;> R0=scalar()
out:
  r0 = 0                                ;> R0=0
                                        ;: from 6: safe
  exit
