# A reserved record must be submitted or discarded.
;; PROG socket_filter
;; MAP rb ringbuf max=4096
;; VERIFY reject EINVAL
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r1 = map[rb]                          ;> R1=map_ptr(map=rb,ks=0,vs=0)
  r2 = 16                               ;> R2=16
  r3 = 0                                ;> R3=0
  call ringbuf_reserve
                                        ;< R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=16) refs=2
  r0 = 0                                ;> R0=0 refs=2
  exit                                  ;: Unreleased reference id=2 alloc_insn=4
                                        ;! BPF_EXIT instruction in main prog would lead to reference leak
