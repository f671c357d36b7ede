# Walked round by round until its condition is known to be false.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 10
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
again:
  r0 += 1                               ;> R0=1
                                        ;> R0=2
                                        ;> R0=3
                                        ;> R0=4
  if r0 < 4 goto again                  ;> R0=1
                                        ;> R0=2
                                        ;> R0=3
                                        ;> R0=4
  exit
