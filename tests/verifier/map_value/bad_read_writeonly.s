# Nor read here.
;; PROG socket_filter
;; MAP wo array key=4 value=8 max=1 flags=wronly_prog
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[wo]                    ;> R1=map_value(map=wo,ks=4,vs=8)
  r0 = *(u8 *)(r1 +0)                   ;! read from map forbidden, value_size=8 off=0 size=1
  exit
