# No line at all in the second function.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC static int sub(struct __sk_buff *ctx)
;; LINE_INFO 0 @a.c @text 1024
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! missing bpf_line_info for 1 funcs starting from func#1
main:
  call sub
  exit
sub:
  r0 = 0
  exit
