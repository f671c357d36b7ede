# A condition that is known leaves one way; the other is never walked.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  if r0 != 0 goto dead                  ;> R0=0
  exit
dead:
  r0 = r9
  exit
