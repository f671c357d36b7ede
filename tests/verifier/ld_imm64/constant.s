# A 64-bit constant takes two slots.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0x123456789 ll                   ;> R0=0x123456789
  exit
