# XDP has no skb.
;; PROG xdp
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  r0 = *(u8 *)skb[23]                   ;! BPF_LD_[ABS|IND] instructions not allowed for this program type
  exit
