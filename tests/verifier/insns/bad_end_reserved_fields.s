# Byte swaps are of 16, 32 or 64 bits.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  .insn 0xdc 0 0 0 8                    ;! BPF_END uses reserved fields
  exit
