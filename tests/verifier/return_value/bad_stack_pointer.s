# A subprogram returns the address of its own stack.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  call sub                              ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
  r0 = 0
  exit
sub:
                                        ;< frame1: R1=ctx() R10=fp0
  r0 = r10                              ;> frame1: R0=fp0 R10=fp0
  exit                                  ;! cannot return stack pointer to the caller
