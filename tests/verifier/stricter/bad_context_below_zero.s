# The eight bytes before a tracepoint's event are read.
;; PROG tracepoint
;; STRICTER
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r0 = *(u64 *)(r1 -8)                  ;! invalid bpf_context access off=-8 size=8
  r0 = 0
  exit
