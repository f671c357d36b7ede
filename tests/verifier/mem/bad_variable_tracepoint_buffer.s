# A variable place of the buffer of a writable tracepoint.
;; PROG raw_tracepoint_writable
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r6 = *(u64 *)(r1 +0)                  ;> R1=ctx() R6=tp_buffer()
  call get_prandom_u32                  ;> R0=scalar()
  r0 &= 1                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  r6 += r0
                                        ;< R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1)) R6=tp_buffer(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))
  r0 = *(u8 *)(r6 +0)                   ;! R6 invalid variable buffer offset: off=0, var_off=(0x0; 0x1)
  exit
