# A socket that was looked up is released.
;; PROG sched_cls
;; VERIFY accept
;; INSNS 14
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -16) = 0                 ;> R10=fp0 fp-16=0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -16                             ;> R2=fp-16
  r3 = 12                               ;> R3=12
  r4 = -1                               ;> R4=-1
  r5 = 0                                ;> R5=0
  call sk_lookup_tcp
                                        ;< R0=sock_or_null(id=2,ref_obj_id=2) refs=2
  if r0 == 0 goto out                   ;> R0=sock(ref_obj_id=2) refs=2
  r1 = r0                               ;> R0=sock(ref_obj_id=2) R1=sock(ref_obj_id=2) refs=2
  call sk_release                       ;> R0=scalar()
out:
  r0 = 0                                ;> R0=0
                                        ;: from 8: safe
  exit                                  ;: (0) frame 0 insn 1 +written -8
                                        ;: (0) frame 0 insn 0 +written -8,-16
