# The verdict of a cgroup program is 0 or 1, not 9.
;; PROG cgroup_skb
;; ATTACH cgroup_inet_ingress
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 9                                ;> R0=9
  exit                                  ;! At program exit the register R0 has smin=9 smax=9 should have been in [0, 1]
