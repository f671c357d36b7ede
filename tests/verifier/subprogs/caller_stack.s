# The callee writes into its caller's frame.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 8

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  call sub                              ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=fp[0]-8 R10=fp0
                                        ;< from 7: R0=0 R10=fp0 fp-8=7
  r0 = *(u64 *)(r10 -8)                 ;> R0=7 R10=fp0 fp-8=7
  exit
sub:
                                        ;< frame1: R1=fp[0]-8 R10=fp0
  *(u64 *)(r1 +0) = 7                   ;> frame1: R1=fp[0]-8
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: (2,5) frame 0 insn 5 +written -8
                                        ;: (0) frame 0 insn 2 +written -8
                                        ;: (0) frame 0 insn 0 +written -8
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R1=fp[0]-8 R10=fp0
                                        ;: to caller at 3:
                                        ;:  R0=0 R10=fp0 fp-8=7
