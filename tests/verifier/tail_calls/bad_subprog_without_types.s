# A tail call in a subprogram of a program without types.
;; PROG sched_cls
;; MAP jmp prog_array key=4 value=4
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! tail_call is not allowed in subprogs without BTF
  r6 = r1
  call sub
  r0 = 0
  exit
sub:
  r2 = map[jmp]
  r3 = 0
  call tail_call
  r0 = 0
  exit
