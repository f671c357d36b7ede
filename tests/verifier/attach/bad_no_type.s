# The kernel has no type of this number.
;; PROG tracing
;; ATTACH trace_raw_tp
;; LOAD attach_btf_id=1000000
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! attach_btf_id N is invalid
  r0 = 0
  exit
