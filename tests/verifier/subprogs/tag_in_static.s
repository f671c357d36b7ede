# Tags of arguments are for global functions: in a static one the kernel says so and goes on.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static int f(int *p)
;; TAG f 0 arg:nonnull
;; VERIFY accept
;; INSNS 6

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: arg#0 type tag is not supported in static functions
                                        ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=0 R10=fp0
                                        ;< from 5: R0=0 R10=fp0
  r0 = 0                                ;> R0=0
  exit
f:
                                        ;< frame1: R1=0 R10=fp0
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: returning from callee:
                                        ;:  frame1: R0=0 R1=0 R10=fp0
                                        ;: to caller at 2:
                                        ;:  R0=0 R10=fp0
