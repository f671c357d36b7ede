# The iterator over tasks.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET kernel func bpf_iter_task
;; VERIFY accept
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  exit
