# No instruction has this code.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! unknown opcode ff
  .insn 0xff 0 0 0 0
  exit
