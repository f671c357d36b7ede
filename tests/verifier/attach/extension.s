# Takes the place of another program's function.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s sub
;; FUNC global int main(int n)
;; VERIFY accept
;; INSNS 2

                                        ;: Validating main() func#0...
main:
                                        ;< R1=scalar() R10=fp0
  r0 = 0                                ;> R0=0
  exit
