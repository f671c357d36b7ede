# A reserved record is memory of that size, until it is submitted.
;; PROG socket_filter
;; MAP rb ringbuf max=4096
;; VERIFY accept
;; INSNS 12
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r1 = map[rb]                          ;> R1=map_ptr(map=rb,ks=0,vs=0)
  r2 = 16                               ;> R2=16
  r3 = 0                                ;> R3=0
  call ringbuf_reserve
                                        ;< R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=16) refs=2
  if r0 == 0 goto out                   ;> R0=ringbuf_mem(ref_obj_id=2,sz=16) refs=2
  *(u64 *)(r0 +8) = 1                   ;> R0=ringbuf_mem(ref_obj_id=2,sz=16) refs=2
  r1 = r0                               ;> R0=ringbuf_mem(ref_obj_id=2,sz=16) R1=ringbuf_mem(ref_obj_id=2,sz=16) refs=2
  r2 = 0                                ;> R2=0 refs=2
  call ringbuf_submit
out:
  r0 = 0                                ;> R0=0
                                        ;: from 5: safe
  exit
