# The callee reads an argument that nobody passed.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call sub                              ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=0 R10=fp0
  exit
sub:
                                        ;< frame1: R1=0 R10=fp0
  r0 = r2                               ;! R2 !read_ok
  exit
