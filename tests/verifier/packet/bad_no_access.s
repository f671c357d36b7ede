# This type of program does not see the packet's bytes.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +76)                 ;! invalid bpf_context access off=76 size=4
  r0 = 0
  exit
