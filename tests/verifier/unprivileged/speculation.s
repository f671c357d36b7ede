# Both sides of a branch are walked for what a CPU might do before it knows.
;; PROG socket_filter
;; CAPS -perfmon
;; MAP a array key=4 value=8 max=1
;; VERIFY accept
;; INSNS 12
;; STATES max_per_insn=1 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r6 = map_value[a]                     ;> R6=map_value(map=a,ks=4,vs=8)
  r7 = *(u64 *)(r6 +0)                  ;> R6=map_value(map=a,ks=4,vs=8) R7=scalar()
  if r7 > 7 goto out                    ;> R7=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
  r6 += r7
                                        ;< R6=map_value(map=a,ks=4,vs=8,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R7=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
                                        ;< from 4 speculatively: R1=ctx() R6=map_value(map=a,ks=4,vs=8) R7=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7)) R10=fp0
  r0 = *(u8 *)(r6 +0)                   ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R6=map_value(map=a,ks=4,vs=8,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))
                                        ;> R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) R6=map_value(map=a,ks=4,vs=8)
out:
                                        ;< from 3: R1=ctx() R6=map_value(map=a,ks=4,vs=8) R7=scalar(umin=8) R10=fp0
  r0 = 0                                ;> R0=0
                                        ;> R0=0
                                        ;> R0=0
  exit
