# A loop with a branch that stays open in each turn.
;; PROG socket_filter
;; LOG_LEVEL 4
;; VERIFY reject EFAULT
;; INSNS 32772
;; STATES max_per_insn=4 total=1171 peak=1171 mark_read=0
;; STACK 0

                                        ;! The sequence of 8193 jumps is too complex.
  r6 = 0
loop:
  r6 += 1
  call get_prandom_u32
  if r0 == 0 goto out
  goto loop
out:
  exit
