# As a rule for every pointer that may be NULL.
;; PROG sched_cls
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = *(u64 *)(r1 +168)                ;> R1=sock_common_or_null(id=1)
  r0 = *(u32 *)(r1 +4)                  ;! R1 invalid mem access 'sock_common_or_null'
  exit
