# The compiler left no function of this name, only its type.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! cannot find address for kernel function __func_get_name
  call __func_get_name
  r0 = 0
  exit
