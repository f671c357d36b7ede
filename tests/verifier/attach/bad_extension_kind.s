# The replacement takes a pointer, the other function a number.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s sub
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! arg0 in main() is PTR while sub() has INT
main:
  r0 = 0
  exit
