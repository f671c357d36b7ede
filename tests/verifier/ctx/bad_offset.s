# Beyond the context.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r0 = *(u32 *)(r1 +4096)               ;! invalid bpf_context access off=4096 size=4
  exit
