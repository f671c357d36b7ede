# The context of this program type is another struct.
;; PROG sched_cls
;; STRUCT xdp_md { int a; }
;; TAG f 0 arg:ctx
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(struct xdp_md *ctx)
;; VERIFY reject EINVAL
;; INSNS 1

main:
                                        ;< R1=ctx() R10=fp0
  call f                                ;: arg#0 should be `struct __sk_buff *`
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
