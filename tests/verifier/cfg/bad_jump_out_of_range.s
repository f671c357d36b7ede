# Jumps stay in the program.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! jump out of range from insn 1 to 4
  r0 = 0
  goto pc+2
  exit
