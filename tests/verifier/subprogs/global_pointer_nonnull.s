# Unless they are declared not to be.
;; PROG socket_filter
;; STRUCT __sk_buff { int len; }
;; STRUCT pair { int a; int b; }
;; FUNC global int main(struct __sk_buff *skb)
;; FUNC global int first(struct pair *p)
;; TAG first 0 arg:nonnull
;; VERIFY accept
;; INSNS 7

main:
                                        ;< R1=ctx() R10=fp0
  *(u64 *)(r10 -8) = 0                  ;> R10=fp0 fp-8=0
  r1 = r10                              ;> R1=fp0 R10=fp0
  r1 += -8                              ;> R1=fp-8
  call first                            ;: Func#1 ('first') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: (0) frame 0 insn 0 +written -8
                                        ;: Validating first() func#1...
first:
                                        ;< R1=mem(sz=8) R10=fp0
  r0 = *(u32 *)(r1 +4)                  ;> R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R1=mem(sz=8)
  exit                                  ;: Func#1 ('first') is safe for any args that match its prototype
