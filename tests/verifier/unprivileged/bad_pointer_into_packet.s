# A pointer is stored into the packet, without CAP_PERFMON.
;; PROG xdp
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=pkt(r=0)
  r3 = *(u32 *)(r1 +4)                  ;> R1=ctx() R3=pkt_end()
  r4 = r2                               ;> R2=pkt(r=0) R4=pkt(r=0)
  r4 += 8                               ;> R4=pkt(off=8,r=0)
  if r4 > r3 goto pc+1                  ;> R3=pkt_end() R4=pkt(off=8,r=8)
  *(u64 *)(r2 +0) = r1                  ;! R1 leaks addr into packet
  r0 = 0
  exit
