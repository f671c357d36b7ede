# Written zeros are known to be zeros.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=????0
  r0 = *(u16 *)(r10 -8)                 ;> R0=0 R10=fp0 fp-8=????0
  exit
