# The caller's side of the bargain: a number is wanted.
;; PROG socket_filter
;; STRUCT __sk_buff { int len; }
;; FUNC global int main(struct __sk_buff *skb)
;; FUNC global int twice(int n)
;; VERIFY reject EINVAL
;; INSNS 1

main:
                                        ;< R1=ctx() R10=fp0
  call twice                            ;: R1 is not a scalar
                                        ;! Caller passes invalid args into func#1 ('twice')
  exit
twice:
  r0 = r1
  exit
