# A function stores its frame pointer into its caller's frame.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  call sub                              ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=fp[0]-8 R10=fp0
  exit
sub:
                                        ;< frame1: R1=fp[0]-8 R10=fp0
  *(u64 *)(r1 +0) = r10                 ;! cannot spill pointers to stack into stack frame of the caller
  r0 = 0
  exit
