# Behind the flow keys.
;; PROG flow_dissector
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = *(u64 *)(r1 +144)                ;> R1=ctx() R2=flow_keys()
  r0 = *(u8 *)(r2 +1000)                ;! invalid access to flow keys off=1000 size=1
  exit
