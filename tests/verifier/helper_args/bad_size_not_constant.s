# The size of a record must be known.
;; PROG socket_filter
;; MAP r ringbuf max=4096
;; VERIFY reject EACCES
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r1 = map[r]                           ;> R1=map_ptr(map=r,ks=0,vs=0)
  r3 = 0                                ;> R3=0
  call ringbuf_reserve                  ;! R2 is not a known constant'
  r0 = 0
  exit
