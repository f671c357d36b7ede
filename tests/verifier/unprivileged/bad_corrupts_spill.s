# A byte is stored into a spilled pointer, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = r1                 ;> R1=ctx() R10=fp0 fp-8=ctx()
  *(u8 *)(r10 -8) = 0                   ;! attempt to corrupt spilled pointer on stack
  r0 = 0
  exit
