# A bounded value is fine.
;; PROG cgroup_sock
;; SHOW precision
;; VERIFY accept
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 1                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  exit                                  ;: mark_precise: frame0: last_idx 2 first_idx 0 subseq_idx -1
                                        ;: mark_precise: frame0: regs=r0 stack= before 1: (57) r0 &= 1
                                        ;: mark_precise: frame0: regs=r0 stack= before 0: (85) call bpf_get_prandom_u32#7
