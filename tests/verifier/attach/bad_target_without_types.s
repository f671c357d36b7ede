# The target has no types.
;; PROG tracing
;; ATTACH trace_raw_tp
;; TARGET without_types.s main
;; LOAD attach_btf_id=1
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! FENTRY/FEXIT program can only be attached to another program annotated with BTF
  r0 = 0
  exit
