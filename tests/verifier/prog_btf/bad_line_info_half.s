# A line for the second half of a 64-bit load.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; LINE_INFO 0 @a.c @text 1024
;; LINE_INFO 1 @a.c @text 1024
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Invalid insn code at line_info[1].insn_off
main:
  r0 = 1 ll
  exit
