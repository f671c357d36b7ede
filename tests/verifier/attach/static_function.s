# A static function that is called with something else than its type says.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC static int sub(struct __sk_buff *ctx)
;; VERIFY accept
;; INSNS 5

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call sub                              ;: arg#0 expects pointer to ctx
                                        ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=0 R10=fp0
                                        ;< from 4: R0=0 R10=fp0
  exit
sub:
                                        ;< frame1: R1=0 R10=fp0
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: returning from callee:
                                        ;:  frame1: R0=0 R1=0 R10=fp0
                                        ;: to caller at 2:
                                        ;:  R0=0 R10=fp0
