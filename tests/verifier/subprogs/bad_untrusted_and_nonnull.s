# An untrusted argument has no other tag.
;; PROG sched_cls
;; TAG f 0 arg:untrusted
;; TAG f 0 arg:nonnull
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(struct task_struct *p)
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: arg#0 untrusted cannot be combined with any other tags
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
