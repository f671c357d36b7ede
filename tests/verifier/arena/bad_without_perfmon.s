# Arenas are for those with CAP_PERFMON.
;; PROG sched_cls
;; CAPS -perfmon
;; MAP a arena key=0 value=0 max=1 flags=mmapable
;; VERIFY reject EPERM
;; INSNS 0

                                        ;! CAP_BPF and CAP_PERFMON are required to use arena
  r1 = map[a]
  r0 = 0
  exit
