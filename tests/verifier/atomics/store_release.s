# A store like any other.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r1 = 5                                ;> R1=5
  store_release((u32 *)(r10 -4), r1)    ;> R1=5 R10=fp0 fp-8=mmmm????
  r0 = 0                                ;> R0=0
  exit
