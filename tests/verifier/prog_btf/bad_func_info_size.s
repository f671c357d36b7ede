# A record of func_info of six bytes.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; LOAD func_info_rec_size=6
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! invalid func info rec size 6
main:
  r0 = 0
  exit
