# The first argument is a map.
;; PROG socket_filter
;; VERIFY reject EACCES
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r2 = r10                              ;> R2=fp0 R10=fp0
  call map_lookup_elem                  ;! R1 type=fp expected=map_ptr
  exit
