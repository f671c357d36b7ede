# The tagged argument names a struct that the kernel does not have.
;; PROG sched_cls
;; STRUCT no_such_struct { int a; }
;; TAG f 0 arg:trusted
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(struct no_such_struct *p)
;; VERIFY reject ENOENT
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: arg#0 reference type('STRUCT no_such_struct') has no matches
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
