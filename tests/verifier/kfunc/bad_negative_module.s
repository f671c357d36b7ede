# A kernel function of a module of negative number.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;: negative offset disallowed for kernel module function call
                                        ;! failed to find BTF for kernel function
  .insn 0x85 0 2 -1 1
  r0 = 0
  exit
