# The type of a function is a number.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC_INFO 0 int
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! invalid type id 1 in func info
main:
  r0 = 0
  exit
