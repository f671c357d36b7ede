# The stack ends at R10.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 +0) = 1                  ;! invalid write to stack R10 off=0 size=8
  r0 = 0
  exit
