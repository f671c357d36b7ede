# Nothing lies before a struct.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  call get_current_task_btf             ;> R0=trusted_ptr_task_struct()
  r0 = *(u64 *)(r0 -8)                  ;! R0 is ptr_task_struct invalid negative access: off=-8
  r0 = 0
  exit
