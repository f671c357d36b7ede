# Whoever leaves must not hold anything.
;; PROG sched_cls
;; MAP jumps prog_array key=4 value=4 max=1
;; VERIFY reject EINVAL
;; INSNS 15

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
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
  r7 = r0                               ;> R0=sock(ref_obj_id=2) R7=sock(ref_obj_id=2) refs=2
  r1 = r6                               ;> R1=ctx() R6=ctx() refs=2
  r2 = map[jumps]                       ;> R2=map_ptr(map=jumps,ks=4,vs=4) refs=2
  r3 = 0                                ;> R3=0 refs=2
  call tail_call                        ;: Unreleased reference id=2 alloc_insn=8
                                        ;! tail_call would lead to reference leak
  r1 = r7
  call sk_release
out:
  r0 = 0
  exit
