# A slot of the stack that nobody wrote, below one that was: without CAP_PERFMON it is not there.
;; PROG socket_filter
;; CAPS -perfmon
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -16) = 0                 ;> R10=fp0 fp-16=0
  r0 = *(u64 *)(r10 -8)                 ;! invalid read from stack off -8+0 size 8
  r0 = 0
  exit
