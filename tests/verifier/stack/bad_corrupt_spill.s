# Half of a spilled pointer tells addresses.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = r1                 ;> R1=ctx() R10=fp0 fp-8=ctx()
  r0 = *(u32 *)(r10 -8)                 ;! invalid size of register fill
  exit
