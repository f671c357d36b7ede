# A comparison with data_end gives a range.
;; PROG xdp
;; VERIFY accept
;; INSNS 10
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=pkt(r=0)
  r3 = *(u32 *)(r1 +4)                  ;> R1=ctx() R3=pkt_end()
  r4 = r2                               ;> R2=pkt(r=0) R4=pkt(r=0)
  r4 += 14                              ;> R4=pkt(off=14,r=0)
  if r4 > r3 goto out                   ;> R3=pkt_end() R4=pkt(off=14,r=14)
  r0 = *(u8 *)(r2 +13)                  ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R2=pkt(r=14)
out:
                                        ;< from 4: R1=ctx() R2=pkt(r=0) R3=pkt_end() R4=pkt(off=14,r=0xADDR) R10=fp0
  r0 = 1                                ;> R0=1
                                        ;> R0=1
  exit
