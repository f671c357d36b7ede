# Programs cannot see arguments of more than 16 bytes.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET large_argument.s sub
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! The function sub arg0 type STRUCT is unsupported.
  r0 = 0
  exit
