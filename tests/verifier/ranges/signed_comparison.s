# Signed bounds.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY accept
;; INSNS 8
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  r0 = *(u64 *)(r1 +0)                  ;> R0=scalar() R1=map_value(map=a,ks=4,vs=8)
  if r0 s< -5 goto out                  ;> R0=scalar(smin=-5)
  if r0 s> 5 goto out                   ;> R0=scalar(smin=smin32=-5,smax=smax32=5)
  r0 += 5                               ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=10,var_off=(0x0; 0xf))
out:
                                        ;< from 4: R0=scalar(smin=umin=6,umax=0x7fffffffffffffff,var_off=(0x0; 0x7fffffffffffffff)) R1=map_value(map=a,ks=4,vs=8) R10=fp0
                                        ;< from 3: R0=scalar(smax=-6,umin=0x8000000000000000,umax=0xADDR,var_off=(0x8000000000000000; 0x7fffffffffffffff)) R1=map_value(map=a,ks=4,vs=8) R10=fp0
  exit
