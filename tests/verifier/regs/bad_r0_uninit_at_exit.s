# exit returns R0.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  exit                                  ;! R0 !read_ok
