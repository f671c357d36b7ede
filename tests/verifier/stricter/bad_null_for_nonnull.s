# Null is passed for an argument that says it is not.
;; PROG sched_cls
;; STRICTER
;; STRUCT s { int a; }
;; TAG f 0 arg:nonnull
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(struct s *p)
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: arg#0 is expected to be non-NULL
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = *(u32 *)(r1 +0)
  exit
