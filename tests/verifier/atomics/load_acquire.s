# A load like any other to the verifier.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 5                  ;> R10=fp0 fp-8=5
  r0 = load_acquire((u64 *)(r10 -8))    ;> R0=5 R10=fp0 fp-8=5
  exit                                  ;: (0) frame 0 insn 0 +written -8
