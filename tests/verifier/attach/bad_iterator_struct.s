# Iterators are functions.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET kernel struct task_struct
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! attach_btf_id N is not a function
  r0 = 0
  exit
