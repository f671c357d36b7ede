# A program of a cgroup only looks.
;; PROG cgroup_skb
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r2 = *(u32 *)(r1 +76)                 ;> R1=ctx() R2=pkt(r=0)
  r3 = *(u32 *)(r1 +80)                 ;> R1=ctx() R3=pkt_end()
  r4 = r2                               ;> R2=pkt(r=0) R4=pkt(r=0)
  r4 += 1                               ;> R4=pkt(off=1,r=0)
  if r4 > r3 goto out                   ;> R3=pkt_end() R4=pkt(off=1,r=1)
  *(u8 *)(r2 +0) = 0                    ;! cannot write into packet
out:
  r0 = 1
  exit
