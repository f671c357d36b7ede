# There is no dynptr in these 16 bytes.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 9

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  r3 = r10                              ;> R3=fp0 R10=fp0
  r3 += -24                             ;> R3=fp-24
  r4 = 0                                ;> R4=0
  r5 = 0                                ;> R5=0
  call dynptr_read                      ;! Expected an initialized dynptr as arg #2
  r0 = 0
  exit
