# The kernel has no type of this number.
;; PROG socket_filter
;; VERIFY reject ENOENT
;; INSNS 0

                                        ;! ldimm64 insn specifies invalid btf_id N.
  r1 = btf_id[99999999]
  r0 = 0
  exit
