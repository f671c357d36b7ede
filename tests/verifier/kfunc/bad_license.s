# Kernel functions are for GPL programs.
;; PROG sched_cls
;; LICENSE BSD
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! cannot call kernel function from non-GPL compatible program
  .insn 0x85 0 2 0 1
  r0 = 0
  exit
