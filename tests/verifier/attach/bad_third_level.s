# Tracing programs that trace tracing programs are not traced.
;; PROG tracing
;; ATTACH trace_fentry
;; ONLY_SKEP
;; TARGET fentry_of_tracing.s main
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Cannot nest tracing program attach more than once
  r0 = 0
  exit
