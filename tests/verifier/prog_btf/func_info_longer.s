# A longer record is fine if the rest is zero.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC_INFO 0 main 0 0
;; VERIFY accept
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
  exit
