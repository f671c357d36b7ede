# R10 belongs to the frame.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r10 = 1                               ;! frame pointer is read only
  r0 = 0
  exit
