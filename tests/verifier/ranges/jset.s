# A test of bits.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  if r0 & 8 goto out                    ;> R0=scalar(smax=0x7ffffffffffffff7,umax=0xADDR,smax32=0x7ffffff7,umax32=0xfffffff7,var_off=(0x0; 0xADDR))
  r0 |= 1                               ;> R0=scalar(smin=0x8000000000000001,smax=0x7ffffffffffffff7,umin=umin32=1,umax=0xADDR,smin32=0x80000001,smax32=0x7ffffff7,umax32=0xfffffff7,var_off=(0x1; 0xADDR))
out:
                                        ;< from 1: R0=scalar(smin=0x8000000000000008,umin=umin32=8,smin32=0x80000008,var_off=(0x8; 0xADDR)) R10=fp0
  exit
