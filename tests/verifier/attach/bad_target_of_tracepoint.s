# A program is no tracepoint.
;; PROG tracing
;; ATTACH trace_raw_tp
;; TARGET function.s sub
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Only FENTRY/FEXIT progs are attachable to another BPF prog
  r0 = 0
  exit
