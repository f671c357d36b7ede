# A map of programs is wanted.
;; PROG socket_filter
;; MAP a array key=4 value=4 max=1
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r2 = map[a]                           ;> R2=map_ptr(map=a,ks=4,vs=4)
  r3 = 0                                ;> R3=0
  call tail_call                        ;! expected prog array map for tail call
  r0 = 0
  exit
