# The frames before a tail call have more than 256 bytes.
;; PROG socket_filter
;; MAP m prog_array key=4 value=4 max=1
;; FUNC static int prog(void)
;; FUNC static int sub(void)
;; VERIFY reject EACCES
;; INSNS 9
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

prog:
                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -264) = 0                ;> R10=fp0 fp-264=0
  call sub                              ;: caller:
                                        ;:  R10=fp0 fp-264=0
                                        ;: callee:
                                        ;:  frame1: R1=ctx() R10=fp0
                                        ;< R0=scalar()
                                        ;< from 8: R0=0 R10=fp0 fp-264=0
  exit                                  ;! tail_calls are not allowed when call stack of previous frames is 272 bytes. Too large
sub:
                                        ;< frame1: R1=ctx() R10=fp0
  r2 = map[m]                           ;> frame1: R2=map_ptr(map=m,ks=4,vs=4)
  r3 = 0                                ;> frame1: R3=0
  call tail_call                        ;: (0) frame 0 insn 0 +written -264
                                        ;: returning from callee:
                                        ;:  frame1: R0=scalar() R10=fp0
                                        ;: to caller at 2:
                                        ;:  R0=scalar() R10=fp0 fp-264=0
                                        ;< from 6: frame1: R10=fp0
  r0 = 0                                ;> frame1: R0=0
  exit                                  ;: returning from callee:
                                        ;:  frame1: R0=0 R10=fp0
                                        ;: to caller at 2:
                                        ;:  R0=0 R10=fp0 fp-264=0
