# Tracing programs have no timers.
;; PROG kprobe
;; STRUCT bpf_timer { u64 opaque[2]; }
;; STRUCT val { struct bpf_timer t; u64 data; }
;; MAP m array key=4 value=24 type=val
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! tracing progs cannot use bpf_timer yet
  r1 = map[m]
  r0 = 0
  exit
