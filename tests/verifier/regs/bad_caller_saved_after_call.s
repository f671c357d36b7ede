# A call leaves R1 to R5 unreadable.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call get_prandom_u32                  ;> R0=scalar()
  r0 = r1                               ;! R1 !read_ok
  exit
