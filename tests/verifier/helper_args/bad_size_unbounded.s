# A size that nobody bounded.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r2 = r0                               ;> R0=scalar(id=1) R2=scalar(id=1)
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  call get_current_comm                 ;! R2 min value is negative, either use unsigned or 'var &= const'
  r0 = 0
  exit
