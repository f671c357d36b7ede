# The map's value has no kptr.
;; PROG kprobe
;; STRUCT s { u64 a; }
;; MAP m array key=4 value=8 max=1 type=s
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[m]                     ;> R1=map_value(map=m,ks=4,vs=8)
  r2 = 0                                ;> R2=0
  call kptr_xchg                        ;! R1 has no valid kptr
  r0 = 0
  exit
