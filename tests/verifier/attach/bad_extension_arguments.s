# The replacement takes another number of arguments.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s sub
;; FUNC global int main(int n, int m)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! main() has 2 args while sub() has 1 args
main:
  r0 = 0
  exit
