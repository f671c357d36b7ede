# A number is no address.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  r0 = *(u8 *)(r1 +0)                   ;! R1 invalid mem access 'scalar'
  exit
