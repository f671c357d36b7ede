# The context cannot be load-acquired.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r0 = load_acquire((u32 *)(r1 +0))     ;! BPF_ATOMIC loads from R1 ctx is not allowed
  exit
