# A pointer that may be NULL where none may be.
;; PROG socket_filter
;; MAP m hash key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 8

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  call map_lookup_elem                  ;> R0=map_value_or_null(id=1,map=m,ks=4,vs=8)
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = r0                               ;> R0=map_value_or_null(id=1,map=m,ks=4,vs=8) R2=map_value_or_null(id=1,map=m,ks=4,vs=8)
  call map_lookup_elem                  ;! R2 type=map_value_or_null expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_
  r0 = 0
  exit
