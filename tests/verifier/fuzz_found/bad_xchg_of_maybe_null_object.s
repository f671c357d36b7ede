# An object that may be null is not for kptr_xchg; Linux says so with a text of its own.
;; PROG sched_cls
;; STRUCT plain { u64 a; }
;; STRUCT value { struct plain __kptr *p; }
;; MAP m array key=4 value=8 max=1 type=value
;; FUNC static int main(void *ctx)
;; VERIFY reject EFAULT
;; INSNS 6

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 3                                ;> R1=3
  r2 = 0                                ;> R2=0
  call bpf_obj_new_impl
                                        ;< R0=ptr_or_null_plain(id=2,ref_obj_id=2) refs=2
  r2 = r0                               ;> R0=ptr_or_null_plain(id=2,ref_obj_id=2) R2=ptr_or_null_plain(id=2,ref_obj_id=2) refs=2
  r1 = map_value[m]                     ;> R1=map_value(map=m,ks=4,vs=8) refs=2
  call kptr_xchg                        ;! verifier bug: invalid PTR_TO_BTF_ID register for type match
  r0 = 0
  exit
