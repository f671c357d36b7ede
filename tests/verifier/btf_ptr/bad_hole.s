# A hole of a structure.
;; PROG kprobe
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r0 = *(u8 *)(r0 +76)                  ;! struct task_struct doesn't have field at offset 76
  r0 = 0
  exit
