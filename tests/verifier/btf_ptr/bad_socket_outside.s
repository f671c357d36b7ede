# Behind the fields of a socket.
;; PROG sched_cls
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = *(u64 *)(r1 +168)                ;> R1=sock_common_or_null(id=1)
  if r1 == 0 goto pc+1                  ;> R1=sock_common()
  r0 = *(u32 *)(r1 +200)                ;! R1 invalid sock_common access off=200 size=4
  r0 = 0
  exit
