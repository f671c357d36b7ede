# As long as it can change, it is no constant.
;; PROG kprobe
;; MAP a array key=4 value=8 max=1 data=hello
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  r3 = map_value[a]                     ;> R3=map_value(map=a,ks=4,vs=8)
  call strncmp                          ;! R3 does not point to a readonly map'
  r0 = 0
  exit
