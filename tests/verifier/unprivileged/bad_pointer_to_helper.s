# A pointer is given to a helper as a number, without CAP_PERFMON.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r2 = r1                               ;> R1=ctx() R2=ctx()
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += -8                              ;> R3=fp-8
  r4 = 8                                ;> R4=8
  call skb_load_bytes                   ;! R2 leaks addr into helper function
  r0 = 0
  exit
