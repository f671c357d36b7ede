# An argument that is a struct by value.
;; PROG sched_cls
;; STRUCT pair { u64 a; u64 b; }
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(struct pair p)
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: Arg#0 type STRUCT in f() is not supported yet.
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
