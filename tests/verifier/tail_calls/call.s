# Where it goes nobody knows; where it fails, the program goes on.
;; PROG socket_filter
;; MAP jumps prog_array key=4 value=4 max=1
;; VERIFY accept
;; INSNS 5

                                        ;< R1=ctx() R10=fp0
  r2 = map[jumps]                       ;> R2=map_ptr(map=jumps,ks=4,vs=4)
  r3 = 0                                ;> R3=0
  call tail_call                        ;: 4:
  r0 = 0                                ;> R0=0
  exit
