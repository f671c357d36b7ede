# Lines of the source are shown before the instructions that they became.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; LINE_INFO 0 @a.c @return_0; 1024
;; LINE_INFO 1 @a.c @} 2049
;; VERIFY accept
;; INSNS 2

                                        ;: ; return_0; @ a.c:1
main:
                                        ;< R1=ctx() R10=fp0
  r0 = 0                                ;> R0=0
                                        ;: ; } @ a.c:2
  exit
