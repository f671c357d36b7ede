# An iterator is valid on the path whose RCU section goes on, and not on the one where that ended.
;; PROG sched_cls
;; STRICTER
;; FLAGS test_state_freq
;; VERIFY reject EPROTO
;; INSNS 27
;; STATES max_per_insn=1 total=12 peak=12 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r6 = *(u32 *)(r1 +0)                  ;> R1=ctx() R6=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  call bpf_rcu_read_lock
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -24                             ;> R1=fp-24
  r2 = 0                                ;> R2=0
  r3 = 0                                ;> R3=0
  call bpf_iter_task_new                ;> R0=scalar() fp-24=iter_task(ref_id=1,state=active,depth=0) refs=1
  if r6 != 0 goto ended                 ;> R6=0 refs=1
  goto meet
ended:
                                        ;< from 7: R0=scalar() R6=scalar(smin=umin=umin32=1,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-24=iter_task(ref_id=1,state=active,depth=0) refs=1
  call bpf_rcu_read_unlock              ;> refs=1
  call bpf_rcu_read_lock                ;> refs=1
meet:
  r1 = r10                              ;> R1=fp0 R10=fp0 refs=1
                                        ;> R1=fp0 R10=fp0 refs=1
  r1 += -24                             ;> R1=fp-24 refs=1
                                        ;> R1=fp-24 refs=1
  call bpf_iter_task_next               ;> R0=0 fp-24=iter_task(ref_id=1,state=drained,depth=0) refs=1
                                        ;! expected an RCU CS when using bpf_iter_task_next
                                        ;< from 13: R0=rcu_ptr_task_struct(id=2) R6=0 R10=fp0 fp-24=iter_task(ref_id=1,state=active,depth=1) refs=1
  r1 = r10                              ;> R1=fp0 R10=fp0 refs=1
                                        ;> R1=fp0 R10=fp0 refs=1
  r1 += -24                             ;> R1=fp-24 refs=1
                                        ;> R1=fp-24 refs=1
  call bpf_iter_task_destroy
  call bpf_rcu_read_unlock              ;: safe
  r0 = 0                                ;> R0=0
  exit                                  ;: (0) frame 0 insn 16 +written -8,-16,-24
                                        ;: (0) frame 0 insn 14 +written -8,-16,-24
                                        ;: (0) frame 0 insn 13 +written -8,-16,-24
                                        ;: (0) frame 0 insn 11 +written -8,-16,-24
                                        ;: (0) frame 0 insn 10 +written -8,-16,-24
                                        ;: (0) frame 0 insn 9 +written -8,-16,-24
                                        ;: (0) frame 0 insn 7 +written -8,-16,-24
                                        ;: (0) frame 0 insn 6 +written -8,-16,-24
                                        ;: (0) frame 0 insn 2 +written -8,-16,-24
                                        ;: (0) frame 0 insn 0 +written -8,-16,-24
