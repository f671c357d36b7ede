# Found before the walk, reached or not.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! unknown opcode ff
  r0 = 0
  exit
  .insn 0xff 0 0 0 0
  exit
