# A dynptr has 16 bytes: it does not fit into the last 8 of the stack.
;; PROG sched_cls
;; MAP rb ringbuf key=0 value=0 max=4096
;; VERIFY reject EINVAL
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r1 = map[rb]                          ;> R1=map_ptr(map=rb,ks=0,vs=0)
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  r4 = r10                              ;> R4=fp0 R10=fp0
  r4 += -8                              ;> R4=fp-8
  call ringbuf_reserve_dynptr           ;: cannot pass in dynptr at an offset=-8
                                        ;! Dynptr has to be an uninitialized dynptr
out:
  r0 = 0
  exit
