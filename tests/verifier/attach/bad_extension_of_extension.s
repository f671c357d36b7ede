# A replacement is not replaced.
;; PROG ext
;; ONLY_SKEP
;; TARGET extension.s main
;; FUNC global int main(int n)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Cannot recursively attach
main:
  r0 = 0
  exit
