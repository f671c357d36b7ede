# A dynptr that was never made is submitted.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -16                             ;> R1=fp-16
  r2 = 0                                ;> R2=0
  call ringbuf_submit_dynptr            ;! arg 1 is an unacquired reference
  r0 = 0
  exit
