# Programs for bpf_dummy_ops have no helpers at all, and the arguments of an unknown helper are all live.
;; PROG struct_ops
;; TARGET kernel struct bpf_dummy_ops
;; VERIFY reject EINVAL
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  call ktime_get_ns                     ;! program of this type cannot use helper bpf_ktime_get_ns#5
  r0 = 0
  exit
