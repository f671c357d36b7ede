# The types speak of one function, the program has two.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! number of funcs in func_info doesn't match number of subprogs
main:
  call pc+2
  r0 = 0
  exit
  r0 = 0
  exit
