# The call goes beyond the end of the program.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! call to invalid destination
  call pc+100
  r0 = 0
  exit
