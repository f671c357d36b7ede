# A number plus the pointer to a record points to the record, and ends with it.
;; PROG socket_filter
;; STRICTER
;; MAP ring ringbuf max=4096
;; VERIFY reject EACCES
;; INSNS 12
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r1 = map[ring]                        ;> R1=map_ptr(map=ring,ks=0,vs=0)
  r2 = 64                               ;> R2=64
  r3 = 0                                ;> R3=0
  call ringbuf_reserve
                                        ;< R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=64) refs=2
  if r0 != 0 goto reserved              ;> R0=0
  exit
reserved:
                                        ;< from 5: R0=ringbuf_mem(ref_obj_id=2,sz=64) R10=fp0 refs=2
  r6 = 8                                ;> R6=8 refs=2
  r6 += r0
                                        ;< R0=ringbuf_mem(ref_obj_id=2,sz=64) R6=ringbuf_mem(ref_obj_id=2,off=8,sz=64) refs=2
  r1 = r0                               ;> R0=ringbuf_mem(ref_obj_id=2,sz=64) R1=ringbuf_mem(ref_obj_id=2,sz=64) refs=2
  r2 = 0                                ;> R2=0 refs=2
  call ringbuf_submit
  *(u64 *)(r6 +0) = 65                  ;! R6 invalid mem access 'scalar'
  r0 = 0
  exit
