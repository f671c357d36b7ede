# Half of a pointer of a structure is read.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r0 = *(u32 *)(r0 +1136)               ;! cannot access ptr member mm with moff 1136 in struct task_struct with off 1136 size 4
  exit
