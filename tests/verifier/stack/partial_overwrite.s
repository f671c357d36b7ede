# One byte written over a spilled pointer makes it bytes.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = r1                 ;> R1=ctx() R10=fp0 fp-8=ctx()
  *(u8 *)(r10 -8) = 0                   ;> R10=fp0 fp-8=mmmmmmm0
  r0 = *(u64 *)(r10 -8)                 ;> R0=scalar() R10=fp0 fp-8=mmmmmmm0
  exit                                  ;: (0) frame 0 insn 0 +written -8
