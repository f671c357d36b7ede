# Programs cannot write there.
;; PROG socket_filter
;; MAP ro array key=4 value=8 max=1 flags=rdonly_prog
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[ro]                    ;> R1=map_value(map=ro,ks=4,vs=8)
  *(u8 *)(r1 +0) = 1                    ;! write into map forbidden, value_size=8 off=0 size=1
  r0 = 0
  exit
