# Two functions start at the same instruction.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static int twin(int n)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! same or smaller insn offset (0) than previous func info record (0)
main:
twin:
  r0 = 0
  exit
