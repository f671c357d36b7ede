# This helper has no flags.
;; PROG cgroup_skb
;; ATTACH cgroup_inet_ingress
;; MAP m cgroup_storage key=16 value=8 max=0
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=16,vs=8)
  r2 = 1                                ;> R2=1
  call get_local_storage                ;! get_local_storage() doesn't support non-zero flags
  r0 = 0
  exit
