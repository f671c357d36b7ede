# A pointer is no return value for anybody who checks.
;; PROG cgroup_sock
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = r1                               ;> R0=ctx() R1=ctx()
  exit                                  ;! At program exit the register R0 is not a known value (ctx)
