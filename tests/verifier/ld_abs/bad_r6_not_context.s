# R6 must be the context itself.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r6 = r10                              ;> R6=fp0 R10=fp0
  r0 = *(u8 *)skb[23]                   ;! at the time of BPF_LD_ABS|IND R6 != pointer to skb
  exit
