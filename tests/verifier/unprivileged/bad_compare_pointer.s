# A comparison tells something of an address.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  if r1 == 7 goto out                   ;! R1 pointer comparison prohibited
out:
  exit
