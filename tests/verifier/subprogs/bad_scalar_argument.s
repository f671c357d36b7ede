# The function takes a number and is given the context.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int n)
;; VERIFY reject EINVAL
;; INSNS 1

main:
                                        ;< R1=ctx() R10=fp0
  call f                                ;: R1 is not a scalar
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
