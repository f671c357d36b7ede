# Meta data lies before the packet.
;; PROG xdp
;; VERIFY accept
;; INSNS 10
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +8)                  ;> R1=ctx() R2=pkt_meta(r=0)
  r3 = *(u32 *)(r1 +0)                  ;> R1=ctx() R3=pkt(r=0)
  r4 = r2                               ;> R2=pkt_meta(r=0) R4=pkt_meta(r=0)
  r4 += 4                               ;> R4=pkt_meta(off=4,r=0)
  if r4 > r3 goto out                   ;> R3=pkt(r=0) R4=pkt_meta(off=4,r=4)
  r0 = *(u32 *)(r2 +0)                  ;> R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R2=pkt_meta(r=4)
out:
                                        ;< from 4: R1=ctx() R2=pkt_meta(r=0) R3=pkt(r=0) R4=pkt_meta(off=4,r=0) R10=fp0
  r0 = 1                                ;> R0=1
                                        ;> R0=1
  exit
