# Sign extension is from 8, 16 or 32 bits.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  .insn 0xbf 0 1 4 0                    ;! BPF_MOV uses reserved fields
  exit
