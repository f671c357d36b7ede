# What is learnt of one copy is known of the other.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY accept
;; INSNS 10
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r6 = r0                               ;> R0=scalar(id=1) R6=scalar(id=1)
  r6 += 2                               ;> R6=scalar(id=1+2)
  if r0 > 5 goto out                    ;> R0=scalar(id=1,smin=smin32=0,smax=umax=smax32=umax32=5,var_off=(0x0; 0x7))
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  r1 += r6
                                        ;< R1=map_value(map=a,ks=4,vs=8,smin=umin=smin32=umin32=2,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R6=scalar(id=1+2,smin=umin=smin32=umin32=2,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r0 = *(u8 *)(r1 +0)                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R1=map_value(map=a,ks=4,vs=8,smin=umin=smin32=umin32=2,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
out:
  r0 = 0                                ;> R0=0
                                        ;: from 3: safe
  exit
