# Before the map itself.
;; PROG socket_filter
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r0 = *(u32 *)(r1 -4)                  ;! R1 is bpf_array invalid negative access: off=-4
  exit
