# An unknown number is no offset.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  call get_prandom_u32                  ;> R0=scalar()
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += r0                              ;! math between fp pointer and register with unbounded min value is not allowed
  r0 = *(u8 *)(r1 -8)
  exit
