# A cast into an arena that the program does not have.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  .insn 0xbf 1 1 1 0x1                  ;! addr_space_cast insn can only be used in a program that has an associated arena
  r0 = 0
  exit
