# The table of modules holds a number that is no descriptor.
;; PROG sched_cls
;; FD_ARRAY 0 9999
;; VERIFY reject EBADF
;; INSNS 0

                                        ;: invalid module BTF fd specified
                                        ;! failed to find BTF for kernel function
  .insn 0x85 0 2 1 1
  r0 = 0
  exit
