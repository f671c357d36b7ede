# A callback's state that is still open counts as a loop's if the last finished state looked at before it did.
;; PROG tracepoint
;; MAP array array key=4 value=48 max=4
;; FUNC static int main(void *ctx)
;; FUNC static int step(void *ctx)
;; SHOW liveness
;; VERIFY accept
;; INSNS 100
;; STATES max_per_insn=2 total=11 peak=13 mark_read=0

main:
                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[array]                       ;> R1=map_ptr(map=array,ks=4,vs=48)
  call map_lookup_elem                  ;> R0=map_value(map=array,ks=4,vs=48)
  if r0 == 0 goto out                   ;> R0=map_value(map=array,ks=4,vs=48)
  r9 = r0                               ;> R0=map_value(map=array,ks=4,vs=48) R9=map_value(map=array,ks=4,vs=48)
  r8 = 0                                ;> R8=0
  r2 = 0                                ;> R2=0
  r3 = 0                                ;> R3=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -112                            ;> R1=fp-112
  call bpf_iter_num_new                 ;: SCC enter (1)
next:
                                        ;< R0=scalar() fp-112=iter_num(ref_id=1,state=active,depth=0) refs=1
  r1 = r10                              ;> R1=fp0 R10=fp0 refs=1
                                        ;> R1=fp0 R10=fp0 refs=1
                                        ;> R1=fp0 R10=fp0 refs=1
                                        ;> R1=fp0 R10=fp0 refs=1
  r1 += -112                            ;> R1=fp-112 refs=1
                                        ;> R1=fp-112 refs=1
                                        ;> R1=fp-112 refs=1
                                        ;: SCC backedge (1)
  call bpf_iter_num_next                ;> R0=0 fp-112=iter_num(ref_id=1,state=drained,depth=0) refs=1
                                        ;> R0=0 fp-112=iter_num(ref_id=1,state=drained,depth=1) refs=1
                                        ;> R0=0 fp-112=iter_num(ref_id=1,state=drained,depth=1) refs=1
                                        ;: safe
                                        ;< from 16: R0=rdonly_mem(id=2,ref_obj_id=1,sz=4) R8=0 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-112=iter_num(ref_id=1,state=active,depth=1) refs=1
                                        ;< from 16: R0=rdonly_mem(id=3,ref_obj_id=1,sz=4) R8=0 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=0 fp-112=iter_num(ref_id=1,state=active,depth=2) refs=1
                                        ;< from 16: R0=rdonly_mem(id=4,ref_obj_id=1,sz=4) R8=1 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=1 fp-112=iter_num(ref_id=1,state=active,depth=2) refs=1
  if r0 == 0 goto done                  ;> R0=0 refs=1
                                        ;> R0=rdonly_mem(id=2,ref_obj_id=1,sz=4) refs=1
                                        ;> R0=0 refs=1
                                        ;> R0=rdonly_mem(id=3,ref_obj_id=1,sz=4) refs=1
                                        ;> R0=0 refs=1
                                        ;> R0=rdonly_mem(id=4,ref_obj_id=1,sz=4) refs=1
  *(u64 *)(r10 -64) = r8                ;> R8=0 R10=fp0 fp-64=0 refs=1
                                        ;> R8=0 R10=fp0 fp-64=0 refs=1
                                        ;> R8=1 R10=fp0 fp-64=1 refs=1
  r1 = 5                                ;> R1=5 refs=1
                                        ;> R1=5 refs=1
                                        ;> R1=5 refs=1
  r2 = func[step]                       ;> R2=func() refs=1
                                        ;> R2=func() refs=1
                                        ;> R2=func() refs=1
  r3 = r10                              ;> R3=fp0 R10=fp0 refs=1
                                        ;> R3=fp0 R10=fp0 refs=1
                                        ;> R3=fp0 R10=fp0 refs=1
  r3 += -64                             ;> R3=fp-64 refs=1
                                        ;> R3=fp-64 refs=1
                                        ;> R3=fp-64 refs=1
  r4 = 0                                ;> R4=0 refs=1
                                        ;> R4=0 refs=1
                                        ;< from 40: R0=rdonly_mem(id=2,ref_obj_id=1,sz=4) R1=5 R2=func() R3=fp-64 R4=0 R8=0 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=1 fp-112=iter_num(ref_id=1,state=active,depth=1) refs=1
  call loop                             ;: safe
                                        ;: from 40: safe
                                        ;: from 40: safe
                                        ;< R0=scalar() R8=0 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=0 fp-112=iter_num(ref_id=1,state=active,depth=1) refs=1
                                        ;< R0=scalar() R8=0 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=1 fp-112=iter_num(ref_id=1,state=active,depth=1) refs=1
                                        ;< R0=scalar() R8=1 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=1 fp-112=iter_num(ref_id=1,state=active,depth=2) refs=1
  r8 = *(u64 *)(r10 -64)                ;> R8=0 R10=fp0 fp-64=0 refs=1
                                        ;> R8=1 R10=fp0 fp-64=1 refs=1
                                        ;> R8=1 R10=fp0 fp-64=1 refs=1
  goto next
done:
  r1 = r10                              ;> R1=fp0 R10=fp0 refs=1
                                        ;> R1=fp0 R10=fp0 refs=1
                                        ;> R1=fp0 R10=fp0 refs=1
  r1 += -112                            ;> R1=fp-112 refs=1
                                        ;> R1=fp-112 refs=1
                                        ;> R1=fp-112 refs=1
  call bpf_iter_num_destroy
  r1 = r9                               ;> R1=map_value(map=array,ks=4,vs=48) R9=map_value(map=array,ks=4,vs=48)
                                        ;> R1=map_value(map=array,ks=4,vs=48) R9=map_value(map=array,ks=4,vs=48)
                                        ;> R1=map_value(map=array,ks=4,vs=48) R9=map_value(map=array,ks=4,vs=48)
  r1 += r8
out:
                                        ;< R1=map_value(map=array,ks=4,vs=48) R8=0
                                        ;< R1=map_value(map=array,ks=4,vs=48) R8=0
                                        ;< R1=map_value(map=array,ks=4,vs=48,off=1) R8=1
  r0 = 0                                ;> R0=0
                                        ;> R0=0
                                        ;> R0=0
  exit                                  ;: (0) frame 0 insn 30 +live -112
                                        ;: (0) frame 0 insn 30 +written -112
                                        ;: (0) frame 0 insn 28 +live -112
                                        ;: (0) frame 0 insn 28 +written -112
                                        ;: (0) frame 0 insn 17 +live -112
                                        ;: (0) frame 0 insn 16 +live -112
                                        ;: (0) frame 0 insn 14 +live -112
                                        ;: (0) frame 0 insn 13 +written -112
                                        ;: (0) frame 0 insn 5 +live -8
                                        ;: (0) frame 0 insn 0 +live -8
                                        ;: (0) frame 0 insn 26 +live -112
                                        ;: (0) frame 0 insn 25 +live -112
                                        ;: (0) frame 0 insn 22 +live -112
                                        ;: (0) frame 0 insn 20 +live -112
                                        ;: (0) live stack update done in 3 iterations
                                        ;: (0) frame 0 insn 26 +live -64
                                        ;: (0) frame 0 insn 25 +live -64
                                        ;: (0) frame 0 insn 22 +live -64
                                        ;: (0) frame 0 insn 20 +live -64
                                        ;: (0) frame 0 insn 18 +written -64
                                        ;: (0) live stack update done in 2 iterations
step:
                                        ;< from 25: frame1: R1=scalar() R2=fp[0]-64 R10=fp0 refs=1 cb
                                        ;< from 25: frame1: R1=scalar() R2=fp[0]-64 R10=fp0 refs=1 cb
                                        ;< from 25: frame1: R1=scalar() R2=fp[0]-64 R10=fp0 refs=1 cb
  r3 = *(u64 *)(r2 +0)                  ;> frame1: R2=fp[0]-64 R3=0 refs=1 cb
                                        ;> frame1: R2=fp[0]-64 R3=1 refs=1 cb
                                        ;> frame1: R2=fp[0]-64 R3=1 refs=1 cb
  r3 += 1                               ;> frame1: R3=1 refs=1 cb
                                        ;> frame1: R3=2 refs=1 cb
                                        ;> frame1: R3=2 refs=1 cb
  r3 &= 1                               ;> frame1: R3=1 refs=1 cb
                                        ;> frame1: R3=0 refs=1 cb
                                        ;> frame1: R3=0 refs=1 cb
  *(u64 *)(r2 +0) = r3                  ;> frame1: R2=fp[0]-64 R3=1 refs=1 cb
                                        ;> frame1: R2=fp[0]-64 R3=0 refs=1 cb
                                        ;> frame1: R2=fp[0]-64 R3=0 refs=1 cb
  r0 = 0                                ;> frame1: R0=0 refs=1 cb
                                        ;> frame1: R0=0 refs=1 cb
                                        ;> frame1: R0=0 refs=1 cb
  exit                                  ;: (25,35) frame 0 insn 38 +written -64
                                        ;: (25,35) frame 0 insn 35 +live -64
                                        ;: (25,35) frame 0 insn 35 +written -64
                                        ;: (25,35) live stack update done in 2 iterations
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R1=scalar() R2=fp[0]-64 R3=1 R10=fp0 refs=1 cb
                                        ;: to caller at 25:
                                        ;:  R0=rdonly_mem(id=2,ref_obj_id=1,sz=4) R1=5 R2=func() R3=fp-64 R4=0 R8=0 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=1 fp-112=iter_num(ref_id=1,state=active,depth=1) refs=1
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R1=scalar() R2=fp[0]-64 R3=0 R10=fp0 refs=1 cb
                                        ;: to caller at 25:
                                        ;:  R0=rdonly_mem(id=4,ref_obj_id=1,sz=4) R1=5 R2=func() R3=fp-64 R4=0 R8=1 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=0 fp-112=iter_num(ref_id=1,state=active,depth=2) refs=1
                                        ;: returning from callee:
                                        ;:  frame1: R0=0 R1=scalar() R2=fp[0]-64 R3=0 R10=fp0 refs=1 cb
                                        ;: to caller at 25:
                                        ;:  R0=rdonly_mem(id=2,ref_obj_id=1,sz=4) R1=5 R2=func() R3=fp-64 R4=0 R8=0 R9=map_value(map=array,ks=4,vs=48) R10=fp0 fp-8=0000???? fp-64=0 fp-112=iter_num(ref_id=1,state=active,depth=1) refs=1
                                        ;: SCC backedge (1)
                                        ;: SCC exit (1)
