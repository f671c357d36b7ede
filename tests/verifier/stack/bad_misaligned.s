# Stack accesses are aligned to their size.
;; PROG socket_filter
;; FLAGS strict_alignment
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -12) = 1                 ;! misaligned stack access off 0+0+-12 size 8
  r0 = 0
  exit
