# A packet load may end its function, which so must return something.
;; PROG socket_filter
;; FUNC global int main(void *ctx)
;; FUNC static void sub(void *ctx)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! LD_ABS is only allowed in functions that return 'int'.
main:
  r6 = r1
  call sub
  r0 = 0
  exit
sub:
  r6 = r1
  r0 = *(u8 *)skb[0]
  exit
