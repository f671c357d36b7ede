# Two functions start at the same instruction.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static int twin(int n)
;; VERIFY reject EINVAL

                                        ;! same or smaller insn offset (0) than previous func info record (0)processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
main:
twin:
  r0 = 0
  exit
