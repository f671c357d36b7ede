# The low half of a pointer is copied, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  w0 = w1                               ;! R1 partial copy of pointer
  exit
