# Beyond the record.
;; PROG socket_filter
;; MAP rb ringbuf max=4096
;; VERIFY reject EACCES
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r1 = map[rb]                          ;> R1=map_ptr(map=rb,ks=0,vs=0)
  r2 = 16                               ;> R2=16
  r3 = 0                                ;> R3=0
  call ringbuf_reserve
                                        ;< R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=16) refs=2
  if r0 == 0 goto out                   ;> R0=ringbuf_mem(ref_obj_id=2,sz=16) refs=2
  *(u64 *)(r0 +16) = 1                  ;: invalid access to memory, mem_size=16 off=16 size=8
                                        ;! R0 min value is outside of the allowed memory range
  r1 = r0
  r2 = 0
  call ringbuf_submit
out:
  r0 = 0
  exit
