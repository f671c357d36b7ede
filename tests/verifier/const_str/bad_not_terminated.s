# And it must end.
;; PROG kprobe
;; MAP ro array key=4 value=8 max=1 flags=rdonly_prog data=helloyou frozen
;; VERIFY reject EINVAL
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  r2 = 8                                ;> R2=8
  r3 = map_value[ro]                    ;> R3=map_value(map=ro,ks=4,vs=8)
  call strncmp                          ;! string is not zero-terminated
  r0 = 0
  exit
