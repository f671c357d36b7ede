# Programs read sockets, they do not write them.
;; PROG sched_cls
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = *(u64 *)(r1 +168)                ;> R1=sock_common_or_null(id=1)
  if r1 == 0 goto pc+1                  ;> R1=sock_common()
  *(u32 *)(r1 +0) = 0                   ;! R1 cannot write into sock_common
  r0 = 0
  exit
