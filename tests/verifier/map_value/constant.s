# A frozen read-only map is part of the program: its bytes are known.
;; PROG socket_filter
;; MAP ro array key=4 value=8 max=1 flags=rdonly_prog data=*AAAAAAA frozen
;; VERIFY accept
;; INSNS 3

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[ro]                    ;> R1=map_value(map=ro,ks=4,vs=8)
  r0 = *(u8 *)(r1 +0)                   ;> R0=42 R1=map_value(map=ro,ks=4,vs=8)
  exit
