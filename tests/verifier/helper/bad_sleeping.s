# A helper that may sleep, in a program that may not.
;; PROG kprobe
;; VERIFY reject EINVAL
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  call copy_from_user                   ;! helper call might sleep in a non-sleepable prog
  r0 = 0
  exit
