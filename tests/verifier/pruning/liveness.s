# Which slots a function reads is found while it is walked.
;; PROG socket_filter
;; SHOW liveness
;; VERIFY accept
;; INSNS 8

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 1                  ;> R10=fp0 fp-8=1
  call get_prandom_u32                  ;> R0=scalar()
  if r0 > 9 goto join                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=9,var_off=(0x0; 0xf))
  *(u64 *)(r10 -8) = 2                  ;> R10=fp0 fp-8=2
join:
                                        ;< from 2: R0=scalar(umin=10) R10=fp0 fp-8=1
  r0 = *(u64 *)(r10 -8)                 ;> R0=2 R10=fp0 fp-8=2
                                        ;> R0=1 R10=fp0 fp-8=1
  exit                                  ;: (0) frame 0 insn 4 +live -8
                                        ;: (0) frame 0 insn 3 +written -8
                                        ;: (0) frame 0 insn 2 +live -8
                                        ;: (0) frame 0 insn 0 +written -8
                                        ;: (0) live stack update done in 2 iterations
