# A cast between address spaces that do not exist.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  .insn 0xbf 1 1 1 0x20001              ;! addr_space_cast insn can only convert between address space 1 and 0
  r0 = 0
  exit
