# A map of kernel callbacks is not for programs to read.
;; PROG xdp
;; STRUCT s { int a; }
;; MAP m struct_ops key=4 max=1 kernel=bpf_struct_ops_bpf_dummy_ops
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! bpf_struct_ops map cannot be used in prog
  r1 = map[m]
  r0 = 0
  exit
