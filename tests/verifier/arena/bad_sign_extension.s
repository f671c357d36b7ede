# Sign extending loads from an arena are not there yet.
;; PROG sched_cls
;; MAP a arena key=0 value=0 max=1 flags=mmapable
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! arena's user address must be set via map_extra or mmap()
  r1 = map[a]
  r2 = 0
  r2 = addr_space_cast(r2, 0, 1)
  r0 = *(s8 *)(r2 +0)
  r0 = 0
  exit
