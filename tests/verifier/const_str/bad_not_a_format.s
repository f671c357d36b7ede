# No such conversion.
;; PROG kprobe
;; MAP m array key=4 value=8 max=1 flags=rdonly_prog frozen data=%z
;; VERIFY reject EINVAL
;; INSNS 7

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  r3 = map_value[m]                     ;> R3=map_value(map=m,ks=4,vs=8)
  r4 = 0                                ;> R4=0
  r5 = 0                                ;> R5=0
  call snprintf                         ;! Invalid format string
  r0 = 0
  exit
