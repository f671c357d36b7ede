# The last instruction must not fall off the end.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! last insn is not an exit or jmp
  r0 = 0
