# The cookie is the program's return value, also where a subprogram throws it.
;; PROG sock_ops
;; ATTACH cgroup_sock_ops
;; VERIFY reject EINVAL
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r1 = r0                               ;> R0=scalar(id=1) R1=scalar(id=1)
  call sub                              ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=scalar(id=1) R10=fp0
  r0 = 1
  exit
sub:
                                        ;< frame1: R1=scalar(id=1) R10=fp0
  call bpf_throw                        ;! At program exit the register R1 has unknown scalar value should have been in [0, 1]
  r0 = 0
  exit
