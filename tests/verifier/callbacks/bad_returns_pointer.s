# A callback returns a pointer.
;; PROG sched_cls
;; MAP m array key=4 value=8
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static int cb(u32 i, void *data)
;; VERIFY reject EACCES
;; INSNS 9
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 1                                ;> R1=1
  r2 = func[cb]                         ;> R2=func()
  r3 = 0                                ;> R3=0
  r4 = 0                                ;> R4=0
  call loop
                                        ;< R0=scalar() R10=fp0
  r0 = 0                                ;> R0=0
  exit
cb:
                                        ;< from 5: frame1: R1=scalar() R2=0 R10=fp0 cb
  r0 = map[m]                           ;> frame1: R0=map_ptr(map=m,ks=4,vs=8) cb
  exit                                  ;! R0 not a scalar value
