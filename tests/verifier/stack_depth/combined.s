# Together just enough.
;; PROG socket_filter
;; LOG_LEVEL 6
;; VERIFY accept
;; INSNS 6
;; STACK 256+256

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -256) = 1                ;> R10=fp0 fp-256=1
  call sub                              ;: caller:
                                        ;:  R10=fp0 fp-256=1
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
                                        ;< from 5: R0=0 R10=fp0 fp-256=1
  exit
sub:
                                        ;< frame1: R1=ctx() R10=fp0
  *(u64 *)(r10 -256) = 1                ;> frame1: R10=fp0 fp-256=1
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: (1,3) frame 1 insn 3 +written -256
                                        ;: (0) frame 0 insn 0 +written -256
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R1=ctx() R10=fp0 fp-256=1
                                        ;: to caller at 2:
                                        ;:  R0=0 R10=fp0 fp-256=1
