# A loop whose state does not change.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 11
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
again:
                                        ;< from 2: R0=scalar() R10=fp0
                                        ;< from 2: R0=scalar() R10=fp0
  if r0 == 3 goto again                 ;> R0=scalar()
                                        ;> R0=scalar()
                                        ;> R0=scalar()
  if r0 != 4 goto again                 ;> R0=4
                                        ;> R0=4
                                        ;> R0=4
  exit                                  ;! infinite loop detected at insn 1
                                        ;: cur state: R0=scalar() R10=fp0
                                        ;: old state: R0=scalar() R10=fp0
