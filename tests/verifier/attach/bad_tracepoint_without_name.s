# A type without a name is not a tracepoint either.
;; PROG tracing
;; ATTACH trace_raw_tp
;; LOAD attach_btf_id=2
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! attach_btf_id N is not a typedef
  r0 = 0
  exit
