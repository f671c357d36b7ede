# A call goes to an instruction.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! call to invalid destination
  call pc+7
  exit
