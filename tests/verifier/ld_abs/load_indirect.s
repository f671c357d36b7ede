# An offset from a register.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  r7 = 14                               ;> R7=14
  r0 = *(u16 *)skb[r7 + 2]              ;> R0=scalar() R6=ctx() R7=14
  exit
