# A variable field of a kernel structure.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r6 = r0                               ;> R0=scalar(id=1) R6=scalar(id=1)
  r6 &= 8                               ;> R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r0 += r6
                                        ;< R0=trusted_ptr_task_struct(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8)) R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))
  r0 = *(u64 *)(r0 +0)                  ;! R0 is ptr_task_struct invalid variable offset: off=0, var_off=(0x0; 0x8)
  exit
