# An argument of no bytes is nowhere.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET empty_argument.s sub
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! The function sub has malformed void argument.
  r0 = 0
  exit
