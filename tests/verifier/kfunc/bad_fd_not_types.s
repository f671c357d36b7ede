# The table of modules holds a map.
;; PROG sched_cls
;; MAP m array key=4 value=4 max=1
;; FD_ARRAY m m
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;: invalid module BTF fd specified
                                        ;! failed to find BTF for kernel function
  .insn 0x85 0 2 1 1
  r0 = 0
  exit
