# Nothing to release.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = *(u64 *)(r1 +168)                ;> R1=sock_common_or_null(id=1)
  if r1 == 0 goto out                   ;> R1=sock_common()
  call sk_release                       ;! R1 must be referenced when passed to release function
out:
  r0 = 0
  exit
