# A frame's stack is gone when it returns.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  call sub                              ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
  exit
sub:
                                        ;< frame1: R1=ctx() R10=fp0
  r0 = r10                              ;> frame1: R0=fp0 R10=fp0
  r0 += -8                              ;> frame1: R0=fp-8
  exit                                  ;! cannot return stack pointer to the caller
