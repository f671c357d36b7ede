# The record is longer than the kernel knows it, and the rest is not zero.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; LINE_INFO 0 @a.c @text 1024 5
;; VERIFY reject E2BIG
;; INSNS 0

                                        ;! nonzero tailing record in line_info
main:
  r0 = 0
  exit
