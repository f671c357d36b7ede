# Before the buffer of a writable tracepoint.
;; PROG raw_tracepoint_writable
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r2 = *(u64 *)(r1 +0)                  ;> R1=ctx() R2=tp_buffer()
  r0 = *(u8 *)(r2 -1)                   ;! R2 invalid tracepoint buffer access: off=-1, size=1
  exit
