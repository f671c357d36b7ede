# A map itself is not for programs to change.
;; PROG socket_filter
;; MAP m hash key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  *(u32 *)(r1 +0) = 1                   ;! only read from bpf_htab is supported
  r0 = 0
  exit
