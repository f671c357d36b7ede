# The target of a long jump is counted in 32 bits.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  gotol out
out:
  exit
