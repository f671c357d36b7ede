# A pointer is stored into 4 bytes.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -8) = r1                 ;! invalid size of register spill
  r0 = 0
  exit
