# A pointer is stored into the flow keys, without CAP_PERFMON.
;; PROG flow_dissector
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = *(u64 *)(r1 +144)                ;> R1=ctx() R2=flow_keys()
  *(u64 *)(r2 +0) = r1                  ;! R1 leaks addr into flow keys
  r0 = 0
  exit
