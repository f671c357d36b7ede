# The function takes a pointer to 16 bytes, the caller has 8.
;; PROG sched_cls
;; STRUCT pair { u64 a; u64 b; }
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(struct pair *p)
;; VERIFY reject EINVAL
;; INSNS 4

main:
                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  call f                                ;: invalid read from stack R1 off=-8 size=16
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
