# Without CAP_PERFMON nobody looks into the kernel's struct of a map.
;; PROG xdp
;; CAPS -perfmon
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EPERM
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r0 = *(u32 *)(r1 +24)                 ;! 'struct bpf_array' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN
  r0 = 0
  exit
