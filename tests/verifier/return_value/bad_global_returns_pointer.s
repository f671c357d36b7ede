# The global function says it returns an int and returns a pointer.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int n)
;; VERIFY reject EINVAL
;; INSNS 6

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 1                                ;> R1=1
  call f                                ;: Func#1 ('f') is global and assumed valid.
                                        ;< R0=scalar()
  r0 = 0                                ;> R0=0
  exit                                  ;: Validating f() func#1...
f:
                                        ;< R1=scalar() R10=fp0
  r0 = r10                              ;> R0=fp0 R10=fp0
  exit                                  ;! At subprogram exit the register R0 is not a scalar value (fp)
