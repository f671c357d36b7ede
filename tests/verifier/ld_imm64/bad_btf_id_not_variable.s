# Type 1 of the kernel is no variable or function.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! pseudo btf_id N in ldimm64 isn't KIND_VAR or KIND_FUNC
  r1 = btf_id[1]
  r0 = 0
  exit
