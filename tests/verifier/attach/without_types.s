# A program that tells nothing of its functions.
;; PROG sched_cls
;; VERIFY accept
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  exit
