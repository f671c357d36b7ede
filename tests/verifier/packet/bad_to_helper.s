# This helper takes no packet memory.
;; PROG xdp
;; VERIFY reject EACCES
;; INSNS 8

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=pkt(r=0)
  r3 = *(u32 *)(r1 +4)                  ;> R1=ctx() R3=pkt_end()
  r4 = r2                               ;> R2=pkt(r=0) R4=pkt(r=0)
  r4 += 8                               ;> R4=pkt(off=8,r=0)
  if r4 > r3 goto pc+3                  ;> R3=pkt_end() R4=pkt(off=8,r=8)
  r1 = r2                               ;> R1=pkt(r=8) R2=pkt(r=8)
  r2 = 8                                ;> R2=8
  call trace_printk                     ;! helper access to the packet is not allowed
  r0 = 0
  exit
