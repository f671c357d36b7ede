# Half of a pointer field.
;; PROG xdp
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r0 = *(u16 *)(r1 +0)                  ;! invalid bpf_context access off=0 size=2
  exit
