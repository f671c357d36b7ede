# A relocation to a type that does not exist.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; CORE_RELO 0 99 @0 0
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! relo #0: bad type id 99
main:
  r0 = 0
  exit
