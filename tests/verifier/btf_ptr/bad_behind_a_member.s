# More bytes than the member has.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r0 = *(u64 *)(r0 +44)                 ;! access beyond the end of member flags (mend:48) in struct task_struct with off 44 size 8
  r0 = 0
  exit
