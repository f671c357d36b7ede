# R0 is compared and gets the old value.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 5                  ;> R10=fp0 fp-8=5
  r0 = 5                                ;> R0=5
  r1 = 6                                ;> R1=6
  r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1)  ;> R0=5 R1=6 R10=fp0 fp-8=mmmmmmmm
  exit                                  ;: (0) frame 0 insn 3 +written -8
                                        ;: (0) frame 0 insn 0 +written -8
