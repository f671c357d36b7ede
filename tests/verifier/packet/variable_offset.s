# A length from the packet, bounded, then checked again.
;; PROG xdp
;; VERIFY accept
;; INSNS 16
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +0)                  ;> R1=ctx() R2=pkt(r=0)
  r3 = *(u32 *)(r1 +4)                  ;> R1=ctx() R3=pkt_end()
  r4 = r2                               ;> R2=pkt(r=0) R4=pkt(r=0)
  r4 += 1                               ;> R4=pkt(off=1,r=0)
  if r4 > r3 goto out                   ;> R3=pkt_end() R4=pkt(off=1,r=1)
  r5 = *(u8 *)(r2 +0)                   ;> R2=pkt(r=1) R5=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))
  r5 &= 15                              ;> R5=scalar(smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))
  r2 += r5
                                        ;< R2=pkt(id=1,r=0,smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf)) R5=scalar(smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))
  r4 = r2                               ;> R2=pkt(id=1,r=0,smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf)) R4=pkt(id=1,r=0,smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))
  r4 += 2                               ;> R4=pkt(id=1,off=2,r=0,smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))
  if r4 > r3 goto out                   ;> R3=pkt_end() R4=pkt(id=1,off=2,r=2,smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))
  r0 = *(u16 *)(r2 +0)                  ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=0xffff,var_off=(0x0; 0xffff)) R2=pkt(id=1,r=2,smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))
out:
  r0 = 1                                ;> R0=1
                                        ;: from 10: safe
                                        ;: from 4: safe
  exit
