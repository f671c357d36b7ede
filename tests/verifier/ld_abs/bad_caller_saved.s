# A packet load is a call: R1 to R5 are gone.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  r0 = *(u8 *)skb[23]                   ;> R0=scalar() R6=ctx()
  r0 = *(u32 *)(r1 +0)                  ;! R1 !read_ok
  exit
