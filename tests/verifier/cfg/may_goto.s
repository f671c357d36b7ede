# A loop that the kernel bounds.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 18
;; STATES max_per_insn=2 total=3 peak=4 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
again:
  r0 += 1                               ;> R0=2
                                        ;> R0=scalar()
                                        ;< R0=1
  may_goto out                          ;: safe
                                        ;< from 2: R0=1 R1=ctx() R10=fp0
                                        ;< from 2: R0=scalar() R1=ctx() R10=fp0
                                        ;< from 2: R0=scalar() R1=ctx() R10=fp0
  goto again
out:
  r0 = 0                                ;> R0=0
                                        ;> R0=0
                                        ;> R0=0
  exit
