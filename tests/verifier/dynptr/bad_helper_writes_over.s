# A helper is to write where a dynptr is.
;; PROG kprobe
;; MAP rb ringbuf key=0 value=0 max=4096
;; VERIFY reject EACCES
;; INSNS 11

                                        ;< R1=ctx() R10=fp0
  r1 = map[rb]                          ;> R1=map_ptr(map=rb,ks=0,vs=0)
  r2 = 8                                ;> R2=8
  r3 = 0                                ;> R3=0
  r4 = r10                              ;> R4=fp0 R10=fp0
  r4 += -16                             ;> R4=fp-16
  call ringbuf_reserve_dynptr           ;> R0=scalar() fp-16=dynptr_ringbuf(id=1,ref_id=2,dynptr_id=1) refs=2
  r1 = r10                              ;> R1=fp0 R10=fp0 refs=2
  r1 += -16                             ;> R1=fp-16 refs=2
  r2 = 8                                ;> R2=8 refs=2
  r3 = 0                                ;> R3=0 refs=2
  call probe_read_kernel                ;! potential write to dynptr at off=-16 disallowed
  r1 = r10
  r1 += -16
  r2 = 0
  call ringbuf_discard_dynptr
out:
  r0 = 0
  exit
