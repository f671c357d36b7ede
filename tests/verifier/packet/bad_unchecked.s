# Without a comparison nothing may be read.
;; PROG xdp
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=pkt(r=0)
  r0 = *(u8 *)(r2 +0)                   ;: invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0)
                                        ;! R2 offset is outside of the packet
  exit
