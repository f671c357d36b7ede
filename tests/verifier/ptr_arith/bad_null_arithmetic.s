# Not before it is checked.
;; PROG socket_filter
;; MAP m hash key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  call map_lookup_elem                  ;> R0=map_value_or_null(id=1,map=m,ks=4,vs=8)
  r0 += 4                               ;! R0 pointer arithmetic on map_value_or_null prohibited, null-check it first
  r0 = 0
  exit
