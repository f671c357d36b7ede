# Not through a map either.
;; PROG socket_filter
;; CAPS -perfmon
;; MAP a array key=4 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = map_value[a]                     ;> R1=map_value(map=a,ks=4,vs=8)
  *(u64 *)(r1 +0) = r10                 ;! R10 leaks addr into map
  r0 = 0
  exit
