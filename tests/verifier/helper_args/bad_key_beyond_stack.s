# All of the key, not its first bytes.
;; PROG socket_filter
;; MAP m hash key=8 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=8,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  call map_lookup_elem                  ;! invalid read from stack R2 off=-4 size=8
  r0 = 0
  exit
