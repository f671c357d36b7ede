# Sign extension of a known and of an unknown value.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r1 = 255                              ;> R1=255
  r0 = (s8)r1                           ;> R0=-1 R1=255
  call get_prandom_u32                  ;> R0=scalar()
  r0 = (s16)r0                          ;> R0=scalar(smin=smin32=-32768,smax=smax32=32767)
  exit
