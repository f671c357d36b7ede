# A frame has 512 bytes.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -520) = 1                ;! invalid write to stack R10 off=-520 size=8
  r0 = 0
  exit
