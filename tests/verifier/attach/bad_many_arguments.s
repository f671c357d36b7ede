# Programs can see twelve arguments.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET many_arguments.s sub
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! The function sub has 13 arguments. Too many.
  r0 = 0
  exit
