# What it returns must be a number.
;; PROG socket_filter
;; STRUCT __sk_buff { int len; }
;; FUNC global int main(struct __sk_buff *skb)
;; FUNC global void nothing(int n)
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 5                                ;> R1=5
  call nothing                          ;: Global function nothing() doesn't return scalar. Only those are supported.
                                        ;! Caller passes invalid args into func#1 ('nothing')
  r0 = 0
  exit
nothing:
  r0 = r1
  exit
