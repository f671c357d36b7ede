# The replacement returns something else.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s sub
;; FUNC global void main(int n)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Return type UNKNOWN of main() doesn't match type INT of sub()
main:
  r0 = 0
  exit
