# A register is unreadable until something is written to it.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r0 = r2                               ;! R2 !read_ok
  exit
