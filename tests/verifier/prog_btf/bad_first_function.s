# No function starts at the first instruction.
;; PROG sched_cls
;; FUNC static int late(struct __sk_buff *ctx)
;; VERIFY reject EINVAL

                                        ;! nonzero insn_off 1 for the first func info recordprocessed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
  r0 = 0
late:
  r0 = 0
  exit
