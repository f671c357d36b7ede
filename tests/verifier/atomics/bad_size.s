# Read-modify-write operations are of 4 or 8 bytes.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 5                  ;> R10=fp0 fp-8=5
  r1 = 3                                ;> R1=3
  .insn 0xcb 10 1 -8 0                  ;! invalid atomic operand size
  r0 = 0
  exit
