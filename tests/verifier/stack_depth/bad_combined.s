# All frames of a call chain share them.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -400) = 1                ;> R10=fp0 fp-400=1
  call sub                              ;: caller:
                                        ;:  R10=fp0 fp-400=1
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
                                        ;< from 5: R0=0 R10=fp0 fp-400=1
  exit                                  ;! combined stack size of 2 calls is 800. Too large
sub:
                                        ;< frame1: R1=ctx() R10=fp0
  *(u64 *)(r10 -400) = 1                ;> frame1: R10=fp0 fp-400=1
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: (1,3) frame 1 insn 3 +written -400
                                        ;: (0) frame 0 insn 0 +written -400
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R1=ctx() R10=fp0 fp-400=1
                                        ;: to caller at 2:
                                        ;:  R0=0 R10=fp0 fp-400=1
