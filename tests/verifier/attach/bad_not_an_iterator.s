# Only functions that declare an iterator have one.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET kernel func do_exit
;; VERIFY reject EINVAL
;; INSNS 0

  r0 = 0
  exit
