# Six arguments: there are registers for five.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int a, int b, int c, int d, int e, int g)
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 1                                ;> R1=1
  call f                                ;: Global function f() with 6 > 5 args. Buggy compiler.
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
