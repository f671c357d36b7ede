# A load has no immediate; found before the walk.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! BPF_LDX uses reserved fields
  .insn 0x61 0 1 0 4
  exit
