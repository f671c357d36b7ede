# The shortest loop that never ends.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 9
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
again:
  goto again                            ;! infinite loop detected at insn 1
                                        ;: cur state: R0=0 R1=ctx() R10=fp0
                                        ;: old state: R0=0 R1=ctx() R10=fp0
