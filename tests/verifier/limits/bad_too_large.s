# A loop without end, each turn with another number.
;; PROG socket_filter
;; LOG_LEVEL 4
;; VERIFY reject E2BIG
;; INSNS 1000001
;; STATES max_per_insn=4 total=25000 peak=25000 mark_read=0
;; STACK 0

                                        ;! BPF program is too large. Processed 1000001 insn
  r0 = 0
loop:
  r0 += 1
  goto loop
