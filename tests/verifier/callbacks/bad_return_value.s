# It returns 0 to go on, or 1 to stop.
;; PROG socket_filter
;; FUNC global int main(void *ctx)
;; FUNC static int body(int i, void *ctx)
;; VERIFY reject EINVAL
;; INSNS 9
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;: arg#0 reference type('UNKNOWN ') size cannot be determined: -22
main:
                                        ;< R1=ctx() R10=fp0
  r1 = 10                               ;> R1=10
  r2 = func[body]                       ;> R2=func()
  r3 = 0                                ;> R3=0
  r4 = 0                                ;> R4=0
  call loop
                                        ;< R0=scalar() R10=fp0
  r0 = 0                                ;> R0=0
  exit
body:
                                        ;< from 5: frame1: R1=scalar() R2=0 R10=fp0 cb
  r0 = 2                                ;> frame1: R0=2 cb
  exit                                  ;! At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]
