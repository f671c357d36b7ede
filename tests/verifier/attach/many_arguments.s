# A function of more arguments than any in the kernel.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC static int sub(int a0, int a1, int a2, int a3, int a4, int a5, int a6, int a7, int a8, int a9, int a10, int a11, int a12)
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
