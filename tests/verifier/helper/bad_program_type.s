# Every program type has its helpers.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  call xdp_adjust_head                  ;! program of this type cannot use helper bpf_xdp_adjust_head#44
  exit
