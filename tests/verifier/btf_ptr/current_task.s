# A pointer to a kernel struct, followed with the kernel's types.
;; PROG kprobe
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r0 = *(u64 *)(r0 +0)                  ;> R0=scalar()
  r0 = 0                                ;> R0=0
  exit
