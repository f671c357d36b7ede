# The compiler left no function of this name, only its type.
;; PROG socket_filter
;; VERIFY reject ENOENT
;; INSNS 0

                                        ;! ldimm64 failed to find the address for kernel symbol '__func_get_name'.
  r1 = btf_id[__func_get_name]
  r0 = 0
  exit
