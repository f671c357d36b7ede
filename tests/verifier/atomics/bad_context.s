# Nothing atomic on a context.
;; PROG sched_cls
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = 1                                ;> R2=1
  lock *(u32 *)(r1 +8) += r2            ;! BPF_ATOMIC stores into R1 ctx is not allowed
  r0 = 0
  exit
