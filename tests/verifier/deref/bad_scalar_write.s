# Not for writing either.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  *(u8 *)(r0 +0) = 1                    ;! R0 invalid mem access 'scalar'
  exit
