# A program has one storage of a cgroup.
;; PROG cgroup_skb
;; ATTACH cgroup_inet_ingress
;; MAP m cgroup_storage key=16 value=8 max=0
;; MAP n cgroup_storage key=16 value=8 max=0
;; VERIFY reject EBUSY
;; INSNS 0

                                        ;! only one cgroup storage of each type is allowed
  r1 = map[m]
  r1 = map[n]
  r0 = 0
  exit
