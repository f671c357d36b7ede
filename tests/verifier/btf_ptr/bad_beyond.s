# Nothing after it.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r0 = *(u64 *)(r0 +32000)              ;! access beyond struct task_struct at off 32000 size 8
  r0 = 0
  exit
