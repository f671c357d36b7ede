# The same in a program that may.
;; PROG kprobe
;; FLAGS sleepable
;; VERIFY accept
;; INSNS 7

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  call copy_from_user
                                        ;< R0=scalar() fp-8=mmmmmmmm
  r0 = 0                                ;> R0=0
  exit
