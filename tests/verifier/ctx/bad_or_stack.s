# One instruction reads the context or the stack.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 9
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  if r2 == 0 goto pc+2                  ;> R2=scalar(smin=umin=umin32=1,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
                                        ;< from 2: R1=ctx() R2=0 R10=fp0 fp-8=0
  r0 = *(u32 *)(r1 +0)                  ;> R0=0 R1=fp-8 fp-8=0
                                        ;! same insn cannot be used with different pointers
  r0 = 0                                ;> R0=0
  exit                                  ;: (0) frame 0 insn 0 +written -8
