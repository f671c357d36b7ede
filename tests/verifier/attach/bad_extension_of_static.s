# The types of a static function are not to be relied on.
;; PROG ext
;; ONLY_SKEP
;; TARGET static_function.s sub
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Cannot replace static functions
main:
  r0 = 0
  exit
