# A global function is walked on its own, for any arguments.
;; PROG socket_filter
;; STRUCT __sk_buff { int len; }
;; FUNC global int main(struct __sk_buff *skb)
;; FUNC global int twice(int n)
;; VERIFY accept
;; INSNS 6

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 5                                ;> R1=5
  call twice                            ;: Func#1 ('twice') is global and assumed valid.
                                        ;< R0=scalar()
  exit                                  ;: Validating twice() func#1...
twice:
                                        ;< R1=scalar() R10=fp0
  r0 = r1                               ;> R0=scalar(id=1) R1=scalar(id=1)
  r0 <<= 1                              ;> R0=scalar(smax=0x7ffffffffffffffe,umax=0xADDR,smax32=0x7ffffffe,umax32=0xfffffffe,var_off=(0x0; 0xADDR))
  exit                                  ;: Func#1 ('twice') is safe for any args that match its prototype
