# Eight frames, and no more.
;; PROG socket_filter
;; VERIFY reject E2BIG
;; INSNS 8
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  call f1                               ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
  exit
f1:
                                        ;< frame1: R1=ctx() R10=fp0
  call f2                               ;: caller:
                                        ;:  frame1: R10=fp0
                                        ;: callee:
                                        ;:  frame2: R1=ctx() R10=fp0
  exit
f2:
                                        ;< frame2: R1=ctx() R10=fp0
  call f3                               ;: caller:
                                        ;:  frame2: R10=fp0
                                        ;: callee:
                                        ;:  frame3: R1=ctx() R10=fp0
  exit
f3:
                                        ;< frame3: R1=ctx() R10=fp0
  call f4                               ;: caller:
                                        ;:  frame3: R10=fp0
                                        ;: callee:
                                        ;:  frame4: R1=ctx() R10=fp0
  exit
f4:
                                        ;< frame4: R1=ctx() R10=fp0
  call f5                               ;: caller:
                                        ;:  frame4: R10=fp0
                                        ;: callee:
                                        ;:  frame5: R1=ctx() R10=fp0
  exit
f5:
                                        ;< frame5: R1=ctx() R10=fp0
  call f6                               ;: caller:
                                        ;:  frame5: R10=fp0
                                        ;: callee:
                                        ;:  frame6: R1=ctx() R10=fp0
  exit
f6:
                                        ;< frame6: R1=ctx() R10=fp0
  call f7                               ;: caller:
                                        ;:  frame6: R10=fp0
                                        ;: callee:
                                        ;:  frame7: R1=ctx() R10=fp0
  exit
f7:
                                        ;< frame7: R1=ctx() R10=fp0
  call f8                               ;! the call stack of 9 frames is too deep
  exit
f8:
  r0 = 0
  exit
