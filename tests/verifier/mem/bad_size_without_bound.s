# The size was never compared with anything.
;; PROG kprobe
;; VERIFY reject EACCES
;; INSNS 8

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r2 = r0                               ;> R0=scalar(id=1) R2=scalar(id=1)
  r2 <<= 32                             ;> R2=scalar(smax=0x7fffffff00000000,umax=0xADDR,smin32=0,smax32=umax32=0,var_off=(0x0; 0xADDR))
  r2 >>= 32                             ;> R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  r2 |= 1                               ;> R2=scalar(smin=umin=umin32=1,smax=umax=0xffffffff,smin32=0x80000001,var_off=(0x1; 0xfffffffe))
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -16                             ;> R1=fp-16
  call get_current_comm                 ;! R2 unbounded memory access, use 'var &= const' or 'if (var < const)'
  exit
