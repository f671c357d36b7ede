# A tag for pointers on a number.
;; PROG sched_cls
;; TAG f 0 arg:nonnull
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int n)
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: arg#0 has pointer tag, but is not a pointer type
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
