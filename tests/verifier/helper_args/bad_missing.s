# R2 has nothing in it.
;; PROG socket_filter
;; MAP m hash key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  call map_lookup_elem                  ;! R2 !read_ok
  r0 = 0
  exit
