# The key and the value are records of a ring buffer: only one argument may be a reference.
;; PROG kprobe
;; MAP r ringbuf max=4096
;; MAP m hash key=8 value=8 max=1
;; VERIFY reject EACCES
;; INSNS 18
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r1 = map[r]                           ;> R1=map_ptr(map=r,ks=0,vs=0)
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  call ringbuf_reserve
                                        ;< R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8) refs=2
  if r0 == 0 goto out                   ;> R0=ringbuf_mem(ref_obj_id=2,sz=8) refs=2
  r6 = r0                               ;> R0=ringbuf_mem(ref_obj_id=2,sz=8) R6=ringbuf_mem(ref_obj_id=2,sz=8) refs=2
  *(u64 *)(r6 +0) = 0                   ;> R6=ringbuf_mem(ref_obj_id=2,sz=8) refs=2
  r1 = map[r]                           ;> R1=map_ptr(map=r,ks=0,vs=0) refs=2
  r2 = 8                                ;> R2=8 refs=2
  r3 = 0                                ;> R3=0 refs=2
  call ringbuf_reserve
                                        ;< R0=ringbuf_mem_or_null(id=4,ref_obj_id=4,sz=8) refs=2,4
  if r0 == 0 goto one                   ;> R0=ringbuf_mem(ref_obj_id=4,sz=8) refs=2,4
  *(u64 *)(r0 +0) = 0                   ;> R0=ringbuf_mem(ref_obj_id=4,sz=8) refs=2,4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=8,vs=8) refs=2,4
  r2 = r6                               ;> R2=ringbuf_mem(ref_obj_id=2,sz=8) R6=ringbuf_mem(ref_obj_id=2,sz=8) refs=2,4
  r3 = r0                               ;> R0=ringbuf_mem(ref_obj_id=4,sz=8) R3=ringbuf_mem(ref_obj_id=4,sz=8) refs=2,4
  r4 = 0                                ;> R4=0 refs=2,4
  call map_update_elem                  ;! more than one arg with ref_obj_id R3 4 2
one:
  r1 = r6
  r2 = 0
  call ringbuf_submit
out:
  r0 = 0
  exit
