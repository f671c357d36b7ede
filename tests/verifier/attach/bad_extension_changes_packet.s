# The replacement changes packets, the function does not.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s main
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Extension program changes packet data, while original does not
main:
  r2 = 0
  r3 = 0
  r4 = 0
  call skb_change_head
  r0 = 0
  exit
