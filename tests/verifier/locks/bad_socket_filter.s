# Socket filters take no locks.
;; PROG socket_filter
;; STRUCT bpf_spin_lock { u32 val; }
;; STRUCT val { struct bpf_spin_lock lock; int data; }
;; MAP m array key=4 value=8 type=val
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! socket filter progs cannot use bpf_spin_lock yet
  r1 = map[m]
  r0 = 0
  exit
