# The memory of a task is not a task.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r1 = *(u64 *)(r0 +1136)               ;> R0=trusted_ptr_task_struct() R1=ptr_mm_struct()
  call task_pt_regs                     ;! R1 is of type mm_struct but task_struct is expected
  r0 = 0
  exit
