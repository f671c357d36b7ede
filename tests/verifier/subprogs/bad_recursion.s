# Frames have a limit, and so have calls to oneself.
;; PROG socket_filter
;; VERIFY reject E2BIG
;; INSNS 8
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  call sub                              ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
  exit
sub:
                                        ;< frame1: R1=ctx() R10=fp0
  call sub                              ;: caller:
                                        ;:  frame1: R10=fp0
                                        ;: callee:
                                        ;:  frame2: R1=ctx() R10=fp0
                                        ;> frame2: R1=ctx() R10=fp0
                                        ;: caller:
                                        ;:  frame2: R10=fp0
                                        ;: callee:
                                        ;:  frame3: R1=ctx() R10=fp0
                                        ;> frame3: R1=ctx() R10=fp0
                                        ;: caller:
                                        ;:  frame3: R10=fp0
                                        ;: callee:
                                        ;:  frame4: R1=ctx() R10=fp0
                                        ;> frame4: R1=ctx() R10=fp0
                                        ;: caller:
                                        ;:  frame4: R10=fp0
                                        ;: callee:
                                        ;:  frame5: R1=ctx() R10=fp0
                                        ;> frame5: R1=ctx() R10=fp0
                                        ;: caller:
                                        ;:  frame5: R10=fp0
                                        ;: callee:
                                        ;:  frame6: R1=ctx() R10=fp0
                                        ;> frame6: R1=ctx() R10=fp0
                                        ;: caller:
                                        ;:  frame6: R10=fp0
                                        ;: callee:
                                        ;:  frame7: R1=ctx() R10=fp0
                                        ;> frame7: R1=ctx() R10=fp0
                                        ;! the call stack of 9 frames is too deep
  exit
