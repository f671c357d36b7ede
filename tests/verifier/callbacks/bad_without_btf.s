# And need their type.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = 10                               ;> R1=10
  r2 = func[body]                       ;! missing btf func_info
  r3 = 0
  r4 = 0
  call loop
  r0 = 0
  exit
body:
  r0 = 0
  exit
