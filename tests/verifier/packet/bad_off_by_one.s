# 14 bytes are checked, the fifteenth is read.
;; PROG xdp
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=pkt(r=0)
  r3 = *(u32 *)(r1 +4)                  ;> R1=ctx() R3=pkt_end()
  r4 = r2                               ;> R2=pkt(r=0) R4=pkt(r=0)
  r4 += 14                              ;> R4=pkt(off=14,r=0)
  if r4 > r3 goto out                   ;> R3=pkt_end() R4=pkt(off=14,r=14)
  r0 = *(u8 *)(r2 +14)                  ;: invalid access to packet, off=14 size=1, R2(id=0,off=14,r=14)
                                        ;! R2 offset is outside of the packet
out:
  r0 = 1
  exit
