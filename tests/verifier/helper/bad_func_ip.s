# This program type cannot ask for its function.
;; PROG perf_event
;; VERIFY reject ENOTSUPP
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  call get_func_ip                      ;! func bpf_get_func_ip#173 not supported for program type 7
  r0 = 0
  exit
