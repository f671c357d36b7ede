# A dynptr argument that is a map value.
;; PROG sched_cls
;; MAP m array key=4 value=16
;; VERIFY reject EACCES
;; INSNS 15

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=16)
  call map_lookup_elem                  ;> R0=map_value(map=m,ks=4,vs=16)
  if r0 == 0 goto out                   ;> R0=map_value(map=m,ks=4,vs=16)
  r6 = r0                               ;> R0=map_value(map=m,ks=4,vs=16) R6=map_value(map=m,ks=4,vs=16)
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -16                             ;> R1=fp-16
  *(u64 *)(r10 -16) = 0                 ;> R10=fp0 fp-16=0
  r2 = 8                                ;> R2=8
  r3 = r6                               ;> R3=map_value(map=m,ks=4,vs=16) R6=map_value(map=m,ks=4,vs=16)
  r4 = 0                                ;> R4=0
  r5 = 0                                ;> R5=0
  call dynptr_read                      ;! R3 type=map_value expected=fp, dynptr_ptr
out:
  r0 = 0
  exit
