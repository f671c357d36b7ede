# The variable of each CPU must come from the kernel's types.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r1 = r0                               ;> R0=trusted_ptr_task_struct() R1=trusted_ptr_task_struct()
  r2 = 0                                ;> R2=0
  call per_cpu_ptr                      ;! R1 type=trusted_ptr_ expected=percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_
  r0 = 0
  exit
