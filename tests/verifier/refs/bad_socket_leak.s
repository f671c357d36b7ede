# On one of two ways it is not.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 17
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
  r1 = *(u32 *)(r0 +4)                  ;> R0=sock(ref_obj_id=2) R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) refs=2
  if r1 == 2 goto out                   ;> R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) refs=2
  r1 = r0                               ;> R0=sock(ref_obj_id=2) R1=sock(ref_obj_id=2) refs=2
  call sk_release                       ;> R0=scalar()
out:
                                        ;< from 10: R0=sock(ref_obj_id=2) R1=2 R10=fp0 fp-8=0 fp-16=0 refs=2
  r0 = 0                                ;> R0=0
                                        ;> R0=0 refs=2
  exit                                  ;: (0) frame 0 insn 1 +written -8
                                        ;: (0) frame 0 insn 0 +written -8,-16
                                        ;: Unreleased reference id=2 alloc_insn=7
                                        ;! BPF_EXIT instruction in main prog would lead to reference leak
