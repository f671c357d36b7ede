# A register that is stored whole comes back as it was.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = r1                 ;> R1=ctx() R10=fp0 fp-8=ctx()
  r2 = *(u64 *)(r10 -8)                 ;> R2=ctx() R10=fp0 fp-8=ctx()
  r0 = *(u32 *)(r2 +0)                  ;> R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R2=ctx()
  exit                                  ;: (0) frame 0 insn 0 +written -8
