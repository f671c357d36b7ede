# A timer cannot be read.
;; PROG sched_cls
;; STRUCT bpf_timer { u64 a; u64 b; }
;; STRUCT s { struct bpf_timer t; u64 b; }
;; MAP m array key=4 value=24 max=1 type=s
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[m]                     ;> R1=map_value(map=m,ks=4,vs=24)
  r0 = *(u64 *)(r1 +0)                  ;! bpf_timer cannot be accessed directly by load/store
  exit
