# Without a callback for exceptions of its own, the program gets one from the kernel, which counts as a function.
;; PROG sched_cls
;; LOG_LEVEL 6
;; VERIFY accept
;; INSNS 7
;; STACK 8+0

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  if r0 != 0 goto out                   ;> R0=0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = 0                                ;> R1=0
  call bpf_throw                        ;: (0) frame 0 insn 2 +written -8
out:
                                        ;< from 1: R0=scalar(umin=1) R10=fp0
  r0 = 0                                ;> R0=0
  exit
