# A program with types, for others to attach to.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC global int sub(int n)
;; VERIFY accept
;; INSNS 5

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 1                                ;> R1=1
  call sub                              ;: Func#1 ('sub') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Validating sub() func#1...
sub:
                                        ;< R1=scalar() R10=fp0
  r0 = r1                               ;> R0=scalar(id=1) R1=scalar(id=1)
  exit                                  ;: Func#1 ('sub') is safe for any args that match its prototype
