# The old packet loads want the context in R6; they end the program if the packet is too short.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  r0 = *(u8 *)skb[23]                   ;> R0=scalar() R6=ctx()
  exit
