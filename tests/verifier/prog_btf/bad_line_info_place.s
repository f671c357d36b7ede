# A line after the last instruction.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; LINE_INFO 0 @a.c @text 1024
;; LINE_INFO 2 @a.c @text 1024
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Invalid line_info[1].insn_off:2 (prev_offset:0 prog->len:2)
main:
  r0 = 0
  exit
