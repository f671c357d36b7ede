# Not anything.
;; PROG cgroup_sock
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  exit                                  ;! At program exit the register R0 has unknown scalar value should have been in [0, 1]
