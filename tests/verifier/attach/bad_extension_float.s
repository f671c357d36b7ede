# The argument is neither number nor pointer.
;; PROG ext
;; ONLY_SKEP
;; TARGET float_argument.s sub
;; FUNC global int main(double d)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! arg0 in main() has unrecognized type
main:
  r0 = 0
  exit
