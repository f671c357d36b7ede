# Kernel structs are read only.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  *(u64 *)(r0 +0) = 1                   ;! only read is supported
  r0 = 0
  exit
