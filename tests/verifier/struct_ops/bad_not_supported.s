# Not every struct is one whose functions programs may implement.
;; PROG struct_ops
;; TARGET kernel struct task_struct
;; VERIFY reject ENOTSUPP
;; INSNS 0

                                        ;! attach_btf_id N is not a supported struct
  r0 = 0
  exit
