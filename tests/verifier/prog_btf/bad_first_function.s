# No function starts at the first instruction.
;; PROG sched_cls
;; FUNC static int late(struct __sk_buff *ctx)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! nonzero insn_off 1 for the first func info record
  r0 = 0
late:
  r0 = 0
  exit
