# The body of bpf_loop gets the round's number and a context.
;; PROG socket_filter
;; FUNC global int main(void *ctx)
;; FUNC static int body(int i, void *ctx)
;; VERIFY accept
;; INSNS 23
;; STATES max_per_insn=1 total=2 peak=2 mark_read=0

                                        ;: arg#0 reference type('UNKNOWN ') size cannot be determined: -22
main:
                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = 10                               ;> R1=10
  r2 = func[body]                       ;> R2=func()
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += -8                              ;> R3=fp-8
  r4 = 0                                ;> R4=0
                                        ;< from 14: R1=10 R2=func() R3=fp-8 R4=0 R10=fp0 fp-8=scalar()
  call loop                             ;: from 14: safe
                                        ;< R0=scalar() R10=fp0 fp-8=0
                                        ;< R0=scalar() R10=fp0 fp-8=scalar()
  r0 = 0                                ;> R0=0
                                        ;> R0=0
  exit                                  ;: (0) frame 0 insn 0 +written -8
body:
                                        ;< from 7: frame1: R1=scalar() R2=fp[0]-8 R10=fp0 cb
                                        ;< from 7: frame1: R1=scalar() R2=fp[0]-8 R10=fp0 cb
  r0 = *(u64 *)(r2 +0)                  ;> frame1: R0=0 R2=fp[0]-8 cb
                                        ;> frame1: R0=scalar() R2=fp[0]-8 cb
  r0 += 1                               ;> frame1: R0=1 cb
                                        ;> frame1: R0=scalar() cb
  *(u64 *)(r2 +0) = r0                  ;> frame1: R0=1 R2=fp[0]-8 cb
                                        ;> frame1: R0=scalar(id=1) R2=fp[0]-8 cb
  r0 = 0                                ;> frame1: R0=0 cb
                                        ;> frame1: R0=0 cb
  exit                                  ;: (7,10) frame 0 insn 12 +written -8
                                        ;: (7,10) frame 0 insn 10 +written -8
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R1=scalar() R2=fp[0]-8 R10=fp0 cb
                                        ;: to caller at 7:
                                        ;:  R1=10 R2=func() R3=fp-8 R4=0 R10=fp0 fp-8=1
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R1=scalar() R2=fp[0]-8 R10=fp0 cb
                                        ;: to caller at 7:
                                        ;:  R1=10 R2=func() R3=fp-8 R4=0 R10=fp0 fp-8=scalar(id=1)
