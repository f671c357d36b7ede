# Zero bytes, where at least one is wanted.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 0                                ;> R2=0
  call get_current_comm                 ;! R2 invalid zero-sized read: u64=[0,0]
  r0 = 0
  exit
