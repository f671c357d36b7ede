# This type of program returns 0 or 1.
;; PROG cgroup_sock
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 2                                ;> R0=2
  exit                                  ;! At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]
