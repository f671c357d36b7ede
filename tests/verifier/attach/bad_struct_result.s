# Programs cannot see a struct that is returned.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET struct_result.s sub
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! The function sub return type STRUCT is unsupported.
  r0 = 0
  exit
