# A slice of 64 bytes on one path, of one byte on the other; without a buffer its size is not traced.
;; PROG sched_cls
;; STRICTER
;; FLAGS test_state_freq
;; MAP ringbuf ringbuf max=4096
;; VERIFY reject EACCES
;; INSNS 38
;; STATES max_per_insn=1 total=10 peak=10 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  r1 = map[ringbuf]                     ;> R1=map_ptr(map=ringbuf,ks=0,vs=0)
  r2 = 16                               ;> R2=16
  r3 = 0                                ;> R3=0
  r4 = r10                              ;> R4=fp0 R10=fp0
  r4 += -16                             ;> R4=fp-16
  call bpf_ringbuf_reserve_dynptr       ;> R0=scalar() fp-16=dynptr_ringbuf(id=1,ref_id=2,dynptr_id=1) refs=2
  r7 = *(u32 *)(r6 +8)                  ;> R6=ctx() R7=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) refs=2
  r8 = 1                                ;> R8=1 refs=2
  if r7 == 0 goto chosen                ;> R7=scalar(smin=umin=umin32=1,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) refs=2
  r8 = 64                               ;> R8=64 refs=2
chosen:
                                        ;< from 10: R0=scalar() R6=ctx() R7=0 R8=1 R10=fp0 fp-16=dynptr_ringbuf(id=1,ref_id=2,dynptr_id=1) refs=2
  r7 = 0                                ;> R7=0 refs=2
                                        ;> R7=0 refs=2
  goto next
next:
  r1 = r10                              ;> R1=fp0 R10=fp0 refs=2
                                        ;> R1=fp0 R10=fp0 refs=2
  r1 += -16                             ;> R1=fp-16 refs=2
                                        ;> R1=fp-16 refs=2
  r2 = 0                                ;> R2=0 refs=2
                                        ;> R2=0 refs=2
  r3 = 0                                ;> R3=0 refs=2
                                        ;> R3=0 refs=2
  r4 = r8                               ;> R4=64 R8=64 refs=2
                                        ;> R4=1 R8=1 refs=2
  call bpf_dynptr_slice                 ;> R0=rdonly_mem_or_null(id=3,sz=64) fp-16=dynptr_ringbuf(id=1,ref_id=2,dynptr_id=1) refs=2
                                        ;> R0=rdonly_mem_or_null(id=4,sz=1) fp-16=dynptr_ringbuf(id=1,ref_id=2,dynptr_id=1) refs=2
  if r0 == 0 goto out                   ;> R0=rdonly_mem(sz=64) refs=2
                                        ;> R0=rdonly_mem(sz=1) refs=2
  r3 = *(u8 *)(r0 +56)                  ;> R0=rdonly_mem(sz=64) R3=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)) refs=2
                                        ;: invalid access to memory, mem_size=1 off=56 size=1
                                        ;! R0 min value is outside of the allowed memory range
out:
  r1 = r10                              ;> R1=fp0 R10=fp0 refs=2
                                        ;: from 20: safe
  r1 += -16                             ;> R1=fp-16 refs=2
  r2 = 0                                ;> R2=0 refs=2
  call bpf_ringbuf_submit_dynptr
  r0 = 0                                ;> R0=0
  exit                                  ;: (0) frame 0 insn 25 +written -8,-16
                                        ;: (0) frame 0 insn 22 +written -8,-16
                                        ;: (0) frame 0 insn 20 +written -8,-16
                                        ;: (0) frame 0 insn 19 +written -8,-16
                                        ;: (0) frame 0 insn 14 +written -8,-16
                                        ;: (0) frame 0 insn 12 +written -8,-16
                                        ;: (0) frame 0 insn 10 +written -8,-16
                                        ;: (0) frame 0 insn 8 +written -8,-16
                                        ;: (0) frame 0 insn 7 +written -8,-16
                                        ;: (0) frame 0 insn 0 +written -8,-16
