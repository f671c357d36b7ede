# A pointer is stored into the context, without CAP_PERFMON.
;; PROG sched_cls
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r1 +48) = r1                 ;! R1 leaks addr into ctx
  r0 = 0
  exit
