# A socket that was never acquired is released.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r1 = *(u64 *)(r1 +168)                ;> R1=sock_common_or_null(id=1)
  if r1 == 0 goto pc+4                  ;> R1=sock_common()
  call sk_fullsock                      ;> R0=sock_or_null(id=2)
  if r0 == 0 goto pc+2                  ;> R0=sock()
  r1 = r0                               ;> R0=sock() R1=sock()
  call sk_release                       ;! R1 must be referenced when passed to release function
  r0 = 0
  exit
