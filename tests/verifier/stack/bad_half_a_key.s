# Half of a map key was never written: without CAP_PERFMON it is not there.
;; PROG socket_filter
;; CAPS -perfmon
;; MAP m hash key=8 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=8,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -8                              ;> R2=fp-8
  call map_lookup_elem                  ;! invalid read from stack R2 off -8+0 size 8
  r0 = 0
  exit
