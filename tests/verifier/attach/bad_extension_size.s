# The replacement takes a longer number.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s sub
;; FUNC global int main(long n)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! arg0 in main() has size 8 while sub() has 4
main:
  r0 = 0
  exit
