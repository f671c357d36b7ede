# The packet may have moved: its pointers are gone.
;; PROG xdp
;; VERIFY reject EACCES
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  r7 = *(u32 *)(r1 +0)                  ;> R1=ctx() R7=pkt(r=0)
  r2 = 0                                ;> R2=0
  call xdp_adjust_head                  ;> R0=scalar()
  r0 = *(u8 *)(r7 +0)                   ;! R7 invalid mem access 'scalar'
  exit
