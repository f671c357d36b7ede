# A socket of the context; it may be NULL.
;; PROG sched_cls
;; VERIFY accept
;; INSNS 7

                                        ;< R1=ctx() R10=fp0
  r1 = *(u64 *)(r1 +168)                ;> R1=sock_common_or_null(id=1)
  if r1 == 0 goto out                   ;> R1=sock_common()
  r0 = *(u32 *)(r1 +4)                  ;> R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R1=sock_common()
out:
                                        ;< from 1: R1=0 R10=fp0
  r0 = 0                                ;> R0=0
                                        ;> R0=0
  exit
