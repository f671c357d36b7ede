# A tail call through a map that is no program array.
;; PROG sched_cls
;; MAP jmp array key=4 value=4
;; VERIFY reject EINVAL

                                        ;< R1=ctx() R10=fp0
  r2 = map[jmp]                         ;> R2=map_ptr(map=jmp,ks=4,vs=4)
  r3 = 0                                ;> R3=0
  call tail_call                        ;! expected prog array map for tail callprocessed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
  r0 = 0
  exit
