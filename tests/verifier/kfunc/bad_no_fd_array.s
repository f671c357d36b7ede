# A kernel function of module 1, but the program comes with no table of modules.
;; PROG sched_cls
;; VERIFY reject EPROTO
;; INSNS 0

                                        ;: kfunc offset > 0 without fd_array is invalid
                                        ;! failed to find BTF for kernel function
  .insn 0x85 0 2 1 1
  r0 = 0
  exit
