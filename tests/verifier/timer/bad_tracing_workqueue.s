# Tracing programs have no work queues.
;; PROG kprobe
;; STRUCT bpf_wq { u64 opaque[2]; }
;; STRUCT val { struct bpf_wq t; u64 data; }
;; MAP m array key=4 value=24 type=val
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! tracing progs cannot use bpf_wq yet
  r1 = map[m]
  r0 = 0
  exit
