# A tracing program must say what it attaches to.
;; PROG tracing
;; ATTACH trace_raw_tp
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Tracing programs must provide btf_id
  r0 = 0
  exit
