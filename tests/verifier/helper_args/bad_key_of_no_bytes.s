# A ring buffer has no keys: there is nothing to read, which the test of the argument refuses before the map's type.
;; PROG socket_filter
;; MAP rb ringbuf max=4096
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r1 = map[rb]                          ;> R1=map_ptr(map=rb,ks=0,vs=0)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  call map_lookup_elem                  ;! invalid zero-sized read
  r0 = 0
  exit
