# A load from an arena with sign extension.
;; PROG sched_cls
;; MAP a arena key=0 value=0 max=1 flags=mmapable extra=0x100000000000
;; VERIFY accept
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r1 = map[a]                           ;> R1=map_ptr(map=a,ks=0,vs=0)
  r2 = 0                                ;> R2=0
  r2 = addr_space_cast(r2, 0, 1)        ;> R2=arena
  r0 = *(s8 *)(r2 +0)                   ;> R0=scalar(smin=smin32=-128,smax=smax32=127) R2=arena
  r0 = 0                                ;> R0=0
  exit
