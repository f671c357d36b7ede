# A pointer is no operand: it would leak.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 5                  ;> R10=fp0 fp-8=5
  lock *(u64 *)(r10 -8) += r1           ;! R1 leaks addr into mem
  r0 = 0
  exit
