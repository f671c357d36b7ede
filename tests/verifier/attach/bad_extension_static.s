# The replacement is a static function.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s sub
;; FUNC static int main(int n)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! main() is not a global function
main:
  r0 = 0
  exit
