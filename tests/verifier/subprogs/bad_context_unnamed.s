# The context is a pointer to a pointer: no name to know it by.
;; PROG sched_cls
;; TAG f 0 arg:ctx
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int **p)
;; VERIFY reject EINVAL
;; INSNS 1

main:
                                        ;< R1=ctx() R10=fp0
  call f                                ;: arg#0 type doesn't have a name
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
