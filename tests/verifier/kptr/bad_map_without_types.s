# The map has no types, so no kptr.
;; PROG kprobe
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[m]                     ;> R1=map_value(map=m,ks=4,vs=8)
  r2 = 0                                ;> R2=0
  call kptr_xchg                        ;! map 'm' has to have BTF in order to use bpf_kptr_xchg
  r0 = 0
  exit
