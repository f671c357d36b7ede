# The tag of the argument is none that the kernel knows.
;; PROG sched_cls
;; TAG f 0 arg:blue
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int *p)
;; VERIFY reject EOPNOTSUPP
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: arg#0 has unsupported set of tags
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
