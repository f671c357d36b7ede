# A spilled pointer is read by an atomic addition, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  *(u64 *)(r10 -8) = r1                 ;> R1=ctx() R10=fp0 fp-8=ctx()
  lock *(u64 *)(r10 -8) += r0           ;! leaking pointer from stack off -8
  exit
