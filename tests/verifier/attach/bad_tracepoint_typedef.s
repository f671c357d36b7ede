# Not every typedef is a tracepoint.
;; PROG tracing
;; ATTACH trace_raw_tp
;; TARGET kernel typedef u32
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! attach_btf_id N points to wrong type name u32
  r0 = 0
  exit
