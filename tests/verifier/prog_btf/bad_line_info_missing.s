# No line where the first function starts.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; LINE_INFO 1 @a.c @text 1024
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! missing bpf_line_info for func#0
main:
  r0 = 0
  exit
