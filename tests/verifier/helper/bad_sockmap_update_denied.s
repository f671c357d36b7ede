# This program type cannot change a sockmap.
;; PROG cgroup_skb
;; ATTACH cgroup_inet_ingress
;; MAP m sockmap key=4 value=4 max=1
;; VERIFY reject EINVAL
;; INSNS 8

                                        ;< R1=ctx() R10=fp0
  r3 = *(u64 *)(r1 +168)                ;> R1=ctx() R3=sock_common_or_null(id=1)
  if r3 == 0 goto pc+6                  ;> R3=sock_common()
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=4)
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -8                              ;> R2=fp-8
  r4 = 0                                ;> R4=0
  call map_update_elem                  ;: cannot update sockmap in this context
                                        ;! cannot pass map_type 15 into func bpf_map_update_elem#2
  r0 = 0
  exit
