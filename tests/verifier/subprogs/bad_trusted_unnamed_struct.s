# What a struct without a name is in the kernel cannot be asked.
;; PROG sched_cls
;; STRUCT - { int a; }
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC global int sub(struct - *p)
;; TAG sub 0 arg:trusted
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call sub                              ;: arg#0 reference type('STRUCT (anon)') candidate matching error: -22
                                        ;! Caller passes invalid args into func#1 ('sub')
  exit
sub:
  r0 = 0
  exit
