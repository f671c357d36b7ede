# The old value is not returned without FETCH.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 5                  ;> R10=fp0 fp-8=5
  r1 = 3                                ;> R1=3
  lock *(u64 *)(r10 -8) += r1           ;> R1=3 R10=fp0 fp-8=mmmmmmmm
  r0 = *(u64 *)(r10 -8)                 ;> R0=scalar() R10=fp0 fp-8=mmmmmmmm
  exit                                  ;: (0) frame 0 insn 2 +written -8
                                        ;: (0) frame 0 insn 0 +written -8
