# An argument is a trusted pointer to a number of the kernel's.
;; PROG sched_cls
;; TAG f 0 arg:trusted
;; TAG f 0 arg:nullable
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int *p)
;; VERIFY reject EINVAL
;; INSNS 6

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call f                                ;: Func#1 ('f') is global and assumed valid.
                                        ;< R0=scalar()
  r0 = 0                                ;> R0=0
  exit                                  ;: Validating f() func#1...
f:
                                        ;< R1=trusted_ptr_or_null_int(id=1) R10=fp0
  if r1 == 0 goto out                   ;> R1=trusted_ptr_int()
  r0 = *(u32 *)(r1 +0)                  ;! Type 'int' is not a struct
out:
  r0 = 0
  exit
