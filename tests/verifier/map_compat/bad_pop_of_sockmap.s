# A socket cannot be taken out of its map into memory.
;; PROG sk_skb
;; MAP m sockmap key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -8                              ;> R2=fp-8
  call map_pop_elem                     ;! invalid arg_type for sockmap/sockhash
  r0 = 0
  exit
