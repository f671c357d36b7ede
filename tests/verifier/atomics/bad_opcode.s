# imm names the operation.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;:       2: .1........ BUG_db
                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 5                  ;> R10=fp0 fp-8=5
  r1 = 3                                ;> R1=3
                                        ;: 2: BUG_db
                                        ;! BPF_ATOMIC uses invalid atomic opcode 02
  .insn 0xdb 10 1 -8 0x02
  r0 = 0
  exit
