# A global function that nobody calls takes what none may take.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC static int used(void)
;; FUNC global int sub(double d)
;; VERIFY accept
;; INSNS 6

main:
                                        ;< R1=ctx() R10=fp0
  call used                             ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
                                        ;< from 7: R0=0 R10=fp0
  r0 = 0                                ;> R0=0
  if r0 == 0 goto end                   ;> R0=0
  r1 = 0
  call sub
end:
  exit
used:
                                        ;< frame1: R1=ctx() R10=fp0
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: returning from callee:
                                        ;:  frame1: R0=0 R1=ctx() R10=fp0
                                        ;: to caller at 1:
                                        ;:  R0=0 R10=fp0
sub:
  r0 = 0
  exit
