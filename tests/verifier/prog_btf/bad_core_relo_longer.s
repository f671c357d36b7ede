# The record is longer than the kernel knows it, and the rest is not zero.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; CORE_RELO 0 int @0 0 5
;; VERIFY reject E2BIG
;; INSNS 0

                                        ;! nonzero tailing record in core_relo
main:
  r0 = 0
  exit
