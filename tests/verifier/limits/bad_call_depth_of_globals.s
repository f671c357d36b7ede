# Global functions are verified one by one, but their frames count together.
;; PROG socket_filter
;; FUNC static int prog(void)
;; FUNC global int f1(void)
;; FUNC global int f2(void)
;; FUNC global int f3(void)
;; FUNC global int f4(void)
;; FUNC global int f5(void)
;; FUNC global int f6(void)
;; FUNC global int f7(void)
;; FUNC global int f8(void)
;; VERIFY reject E2BIG
;; INSNS 18
;; STATES max_per_insn=0 total=2 peak=2 mark_read=0

prog:
                                        ;< R1=ctx() R10=fp0
  call f1                               ;: Func#1 ('f1') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Validating f1() func#1...
f1:
                                        ;< R10=fp0
  call f2                               ;: Func#2 ('f2') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Func#1 ('f1') is safe for any args that match its prototype
                                        ;: Validating f2() func#2...
f2:
                                        ;< R10=fp0
  call f3                               ;: Func#3 ('f3') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Func#2 ('f2') is safe for any args that match its prototype
                                        ;: Validating f3() func#3...
f3:
                                        ;< R10=fp0
  call f4                               ;: Func#4 ('f4') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Func#3 ('f3') is safe for any args that match its prototype
                                        ;: Validating f4() func#4...
f4:
                                        ;< R10=fp0
  call f5                               ;: Func#5 ('f5') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Func#4 ('f4') is safe for any args that match its prototype
                                        ;: Validating f5() func#5...
f5:
                                        ;< R10=fp0
  call f6                               ;: Func#6 ('f6') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Func#5 ('f5') is safe for any args that match its prototype
                                        ;: Validating f6() func#6...
f6:
                                        ;< R10=fp0
  call f7                               ;: Func#7 ('f7') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Func#6 ('f6') is safe for any args that match its prototype
                                        ;: Validating f7() func#7...
f7:
                                        ;< R10=fp0
  call f8                               ;: Func#8 ('f8') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Func#7 ('f7') is safe for any args that match its prototype
                                        ;: Validating f8() func#8...
f8:
                                        ;< R10=fp0
  r0 = 0                                ;> R0=0
  exit                                  ;: Func#8 ('f8') is safe for any args that match its prototype
                                        ;! the call stack of 8 frames is too deep !
