# Tracepoints are typedefs.
;; PROG tracing
;; ATTACH trace_raw_tp
;; TARGET kernel func do_exit
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! attach_btf_id N is not a typedef
  r0 = 0
  exit
