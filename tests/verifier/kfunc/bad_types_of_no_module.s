# The table of modules holds a program's types.
;; PROG sched_cls
;; STRUCT s { int a; }
;; FD_ARRAY btf btf
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;: BTF fd for kfunc is not a module BTF
                                        ;! failed to find BTF for kernel function
  .insn 0x85 0 2 1 1
  r0 = 0
  exit
