# A relocation to a type that has no name.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; STRUCT - { int a; }
;; CORE_RELO 0 - @0 0
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! target candidate search failed for 4
main:
  r0 = 0
  exit
