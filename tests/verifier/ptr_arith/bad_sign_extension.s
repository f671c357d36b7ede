# The low byte of a pointer is copied, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r0 = (s8)r1                           ;! R1 sign-extension part of pointer
  exit
