# A program that may sleep, with a function that does not.
;; PROG syscall
;; FLAGS sleepable
;; FUNC global int main(void *ctx)
;; FUNC global int sub(int n)
;; VERIFY accept
;; INSNS 5

                                        ;: arg#0 reference type('UNKNOWN ') size cannot be determined: -22
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
