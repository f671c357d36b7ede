# The number of a kernel function that is no function of the kernel's types.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! kernel btf_id N is not a function
  .insn 0x85 0 2 0 1
  r0 = 0
  exit
