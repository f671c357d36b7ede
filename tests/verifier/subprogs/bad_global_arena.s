# An arena argument has no other tag.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int *p)
;; TAG f 0 arg:arena
;; TAG f 0 arg:nonnull
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: arg#0 arena cannot be combined with any other tags
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
