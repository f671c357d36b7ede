# The key's bytes must have been written.
;; PROG socket_filter
;; CAPS -perfmon
;; MAP m hash key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  call map_lookup_elem                  ;! invalid read from stack R2 off=-4 size=4
  r0 = 0
  exit
