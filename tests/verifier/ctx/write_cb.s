# Some are not: skb->cb.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r2 = 1                                ;> R2=1
  *(u32 *)(r1 +48) = r2                 ;> R1=ctx() R2=1
  r0 = 0                                ;> R0=0
  exit
