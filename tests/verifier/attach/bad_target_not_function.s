# The type is of the target, but none of its functions.
;; PROG tracing
;; ATTACH trace_raw_tp
;; TARGET function.s int
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Subprog int doesn't exist
  r0 = 0
  exit
