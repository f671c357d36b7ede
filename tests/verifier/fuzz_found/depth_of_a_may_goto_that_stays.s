# A may_goto needs 16 bytes of stack, an inlined bpf_loop 24; a subprogram that no one calls has no entry.
;; PROG xdp
;; LOG_LEVEL 6
;; FUNC static int main(void *ctx)
;; FUNC static int loops(void *ctx)
;; FUNC static int step(void *ctx)
;; VERIFY accept
;; INSNS 17
;; STATES max_per_insn=0 total=2 peak=2 mark_read=0
;; STACK 16+24+0

main:
                                        ;< R1=ctx() R10=fp0
  call loops                            ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
                                        ;< from 12: R0=0 R10=fp0
  may_goto out
                                        ;< from 1: R0=0 R10=fp0
  r0 = 1                                ;> R0=1
out:
  r0 = 2                                ;> R0=2
                                        ;> R0=2
  exit
loops:
                                        ;< frame1: R1=ctx() R10=fp0
  r1 = 5                                ;> frame1: R1=5
  r2 = func[step]                       ;> frame1: R2=func()
  r3 = 0                                ;> frame1: R3=0
  r4 = 0                                ;> frame1: R4=0
  call loop                             ;: from 14: safe
                                        ;< frame1: R0=scalar() R10=fp0
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: returning from callee:
                                        ;:  frame1: R0=0 R10=fp0
                                        ;: to caller at 1:
                                        ;:  R0=0 R10=fp0
step:
                                        ;< from 10: frame2: R1=scalar() R2=0 R10=fp0 cb
  r0 = 0                                ;> frame2: R0=0 cb
  exit                                  ;: returning from callee:
                                        ;:  frame2: R0=0 R1=scalar() R2=0 R10=fp0 cb
                                        ;: to caller at 10:
                                        ;:  frame1: R1=5 R2=func() R3=0 R4=0 R10=fp0
