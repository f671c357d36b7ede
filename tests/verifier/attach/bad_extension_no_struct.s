# The replacement takes a pointer to a number, the other function its context.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s main
;; FUNC global int main(int *p)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! arg0 in main() is not a pointer to context
main:
  r0 = 0
  exit
