# A program has one arena.
;; PROG sched_cls
;; MAP a arena key=0 value=0 max=1 flags=mmapable extra=0x100000000000
;; MAP b arena key=0 value=0 max=1 flags=mmapable extra=0x200000000000
;; VERIFY reject EBUSY
;; INSNS 0

                                        ;! Only one arena per program
  r1 = map[a]
  r1 = map[b]
  r0 = 0
  exit
