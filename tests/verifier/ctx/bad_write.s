# Most fields are read only.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r1 +0) = 1                   ;! invalid bpf_context access off=0 size=4
  r0 = 0
  exit
