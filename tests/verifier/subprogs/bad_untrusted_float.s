# An untrusted pointer may be to a struct or a number only.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC global int sub(double *p)
;; TAG sub 0 arg:untrusted
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  call sub                              ;: arg#0 has type FLOAT '(anon)', but only struct or primitive types are allowed
                                        ;! Caller passes invalid args into func#1 ('sub')
  r0 = 0
  exit
sub:
  r0 = 0
  exit
