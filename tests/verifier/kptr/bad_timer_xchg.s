# A timer is no kptr.
;; PROG kprobe
;; STRUCT bpf_timer { u64 a; u64 b; }
;; STRUCT s { struct bpf_timer t; }
;; MAP m array key=4 value=16 max=1 type=s
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! tracing progs cannot use bpf_timer yet
  r1 = map_value[m]
  r2 = 0
  call kptr_xchg
  r0 = 0
  exit
