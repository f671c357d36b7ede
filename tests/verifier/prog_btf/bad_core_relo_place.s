# A relocation of an instruction that does not exist.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; CORE_RELO 16 int @0 0
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Invalid core_relo[0].insn_off:16 prog->len:2
main:
  r0 = 0
  exit
