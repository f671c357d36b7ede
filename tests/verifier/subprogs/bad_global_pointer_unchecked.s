# Its pointer arguments may be NULL.
;; PROG socket_filter
;; STRUCT __sk_buff { int len; }
;; STRUCT pair { int a; int b; }
;; FUNC global int main(struct __sk_buff *skb)
;; FUNC global int first(struct pair *p)
;; VERIFY reject EACCES
;; INSNS 6

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
                                        ;< R1=mem_or_null(id=1,sz=8) R10=fp0
  r0 = *(u32 *)(r1 +0)                  ;! R1 invalid mem access 'mem_or_null'
  exit
