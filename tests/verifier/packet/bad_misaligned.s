# Packets start two bytes behind a multiple of four.
;; PROG xdp
;; FLAGS strict_alignment
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=pkt(r=0)
  r3 = *(u32 *)(r1 +4)                  ;> R1=ctx() R3=pkt_end()
  r4 = r2                               ;> R2=pkt(r=0) R4=pkt(r=0)
  r4 += 8                               ;> R4=pkt(off=8,r=0)
  if r4 > r3 goto pc+1                  ;> R3=pkt_end() R4=pkt(off=8,r=8)
  r0 = *(u32 *)(r2 +0)                  ;! misaligned packet access off 2+0+0+0 size 4
  r0 = 0
  exit
