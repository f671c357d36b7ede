# R0 is an operand of cmpxchg.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 5                  ;> R10=fp0 fp-8=5
  r1 = 6                                ;> R1=6
  r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1)  ;! R0 !read_ok
  exit
