# A helper would write a map that programs cannot write.
;; PROG socket_filter
;; MAP m array key=4 value=8 max=1 flags=rdonly_prog
;; VERIFY reject EACCES
;; INSNS 7

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -8                              ;> R2=fp-8
  r3 = r2                               ;> R2=fp-8 R3=fp-8
  r4 = 0                                ;> R4=0
  call map_update_elem                  ;! write into map forbidden
  r0 = 0
  exit
