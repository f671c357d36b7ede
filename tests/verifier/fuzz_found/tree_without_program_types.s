# The objects of a map's tree have their types from the map, if the program has none.
;; PROG syscall
;; FLAGS sleepable
;; STRUCT bpf_spin_lock { u32 val; }
;; STRUCT bpf_rb_root { u64 opaque[2]; }
;; STRUCT bpf_rb_node { u64 opaque[4]; }
;; STRUCT bpf_refcount { u32 opaque; }
;; STRUCT item { u64 key; struct bpf_rb_node node; struct bpf_refcount ref; }
;; STRUCT value { struct bpf_spin_lock lock; struct bpf_rb_root tree; }
;; TAG value 1 contains:item:node
;; MAP m array key=4 value=24 max=2 type=value
;; VERIFY accept
;; INSNS 33
;; STATES max_per_insn=0 total=3 peak=3 mark_read=0

                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=24)
  call map_lookup_elem                  ;> R0=map_value(id=1,map=m,ks=4,vs=24)
  if r0 == 0 goto out                   ;> R0=map_value(id=1,map=m,ks=4,vs=24)
  r9 = r0                               ;> R0=map_value(id=1,map=m,ks=4,vs=24) R9=map_value(id=1,map=m,ks=4,vs=24)
  r7 = 0                                ;> R7=0
  r1 = r9                               ;> R1=map_value(id=1,map=m,ks=4,vs=24) R9=map_value(id=1,map=m,ks=4,vs=24)
  call spin_lock                        ;> refs=1
  r1 = r9                               ;> R1=map_value(id=1,map=m,ks=4,vs=24) R9=map_value(id=1,map=m,ks=4,vs=24) refs=1
  r1 += 8                               ;> R1=map_value(id=1,map=m,ks=4,vs=24,off=8) refs=1
  call bpf_rbtree_root                  ;> R0=rcu_ptr_or_null_item(id=2,non_own_ref,off=8) refs=1
  if r0 == 0 goto none                  ;> R0=rcu_ptr_item(non_own_ref,off=8) refs=1
  r2 = r0                               ;> R0=rcu_ptr_item(non_own_ref,off=8) R2=rcu_ptr_item(non_own_ref,off=8) refs=1
  r1 = r9                               ;> R1=map_value(id=1,map=m,ks=4,vs=24) R9=map_value(id=1,map=m,ks=4,vs=24) refs=1
  r1 += 8                               ;> R1=map_value(id=1,map=m,ks=4,vs=24,off=8) refs=1
  call bpf_rbtree_remove                ;> R0=ptr_or_null_item(id=4,ref_obj_id=4,off=8) refs=1,4
  r7 = r0                               ;> R0=ptr_or_null_item(id=4,ref_obj_id=4,off=8) R7=ptr_or_null_item(id=4,ref_obj_id=4,off=8) refs=1,4
none:
                                        ;< from 14: R0=0 R7=0 R9=map_value(id=1,map=m,ks=4,vs=24) R10=fp0 fp-8=0000???? refs=1
  r1 = r9                               ;> R1=map_value(id=1,map=m,ks=4,vs=24) R9=map_value(id=1,map=m,ks=4,vs=24) refs=1,4
                                        ;> R1=map_value(id=1,map=m,ks=4,vs=24) R9=map_value(id=1,map=m,ks=4,vs=24) refs=1
  call spin_unlock                      ;> refs=4
  if r7 == 0 goto out                   ;> R7=ptr_item(ref_obj_id=4,off=8) refs=4
                                        ;> R7=0
  r7 -= 8                               ;> R7=ptr_item(ref_obj_id=4) refs=4
  r1 = r7                               ;> R1=ptr_item(ref_obj_id=4) R7=ptr_item(ref_obj_id=4) refs=4
  r2 = 0                                ;> R2=0 refs=4
  call bpf_obj_drop_impl
out:
  r0 = 0                                ;> R0=0
                                        ;: from 22: safe
                                        ;: safe
  exit
