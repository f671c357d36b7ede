# The context is never null: both tags together make no sense.
;; PROG sched_cls
;; TAG f 0 arg:ctx
;; TAG f 0 arg:trusted
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(struct __sk_buff *p)
;; VERIFY reject EINVAL
;; INSNS 1

main:
                                        ;< R1=ctx() R10=fp0
  call f                                ;: arg#0 has invalid combination of tags
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
