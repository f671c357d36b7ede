# A program has one arena.
;; PROG sched_cls
;; MAP a arena key=0 value=0 max=1 flags=mmapable
;; MAP b arena key=0 value=0 max=1 flags=mmapable
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! arena's user address must be set via map_extra or mmap()
  r1 = map[a]
  r1 = map[b]
  r0 = 0
  exit
