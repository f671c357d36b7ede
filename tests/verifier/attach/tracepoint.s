# A tracepoint.
;; PROG tracing
;; ATTACH trace_raw_tp
;; TARGET kernel typedef btf_trace_sched_switch
;; VERIFY accept
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  exit
