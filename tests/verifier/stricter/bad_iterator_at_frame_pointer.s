# An iterator at the frame pointer, above the whole stack, is used as if it were the one below.
;; PROG sched_cls
;; STRICTER
;; VERIFY reject EINVAL
;; INSNS 7
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 0                                ;> R2=0
  r3 = 10                               ;> R3=10
  call bpf_iter_num_new                 ;> R0=scalar() fp-8=iter_num(ref_id=1,state=active,depth=0) refs=1
  r1 = r10                              ;> R1=fp0 R10=fp0 refs=1
  call bpf_iter_num_next                ;! expected an initialized iter_num as arg #0
  r1 = r10
  r1 += -8
  call bpf_iter_num_destroy
  r0 = 0
  exit
