# An address must not get out.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = r10                              ;> R0=fp0 R10=fp0
  exit                                  ;! R0 leaks addr as return value
