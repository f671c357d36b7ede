# A function that takes a struct of more than 16 bytes.
;; PROG sched_cls
;; STRUCT large { long a; long b; long c; }
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC static int sub(struct large s)
;; VERIFY accept
;; INSNS 5

main:
                                        ;< R1=ctx() R10=fp0
  call sub                              ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
                                        ;< from 4: R0=0 R10=fp0
  r0 = 0                                ;> R0=0
  exit
sub:
                                        ;< frame1: R1=ctx() R10=fp0
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: returning from callee:
                                        ;:  frame1: R0=0 R1=ctx() R10=fp0
                                        ;: to caller at 1:
                                        ;:  R0=0 R10=fp0
