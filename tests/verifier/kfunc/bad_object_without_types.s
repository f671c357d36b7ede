# An object of the program's own is made, but the program has no types.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = 1                                ;> R1=1
  r2 = 0                                ;> R2=0
  call bpf_obj_new_impl                 ;! bpf_obj_new/bpf_percpu_obj_new requires prog BTF
  r0 = 0
  exit
