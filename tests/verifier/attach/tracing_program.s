# A tracing program with types.
;; PROG tracing
;; ATTACH trace_raw_tp
;; TARGET kernel typedef btf_trace_sched_switch
;; FUNC global int main(u64 *ctx)
;; VERIFY accept
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  exit
