# Code that nothing leads to.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! unreachable insn 2
  r0 = 0
  exit
  r0 = 1
  exit
