# Nor an array records.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 4

                                        ;< R1=ctx() R10=fp0
  r1 = map[a]                           ;> R1=map_ptr(map=a,ks=4,vs=8)
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  call ringbuf_reserve                  ;! cannot pass map_type 2 into func bpf_ringbuf_reserve#131
  r0 = 0
  exit
