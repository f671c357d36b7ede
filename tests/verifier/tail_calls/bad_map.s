# A tail call through a map that is no program array.
;; PROG sched_cls
;; MAP jmp array key=4 value=4
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r2 = map[jmp]                         ;> R2=map_ptr(map=jmp,ks=4,vs=4)
  r3 = 0                                ;> R3=0
  call tail_call                        ;! expected prog array map for tail call
  r0 = 0
  exit
