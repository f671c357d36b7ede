# Callbacks are static functions.
;; PROG socket_filter
;; FUNC global int main(void *ctx)
;; FUNC global int body(int i, int n)
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;: arg#0 reference type('UNKNOWN ') size cannot be determined: -22
main:
                                        ;< R1=ctx() R10=fp0
  r1 = 10                               ;> R1=10
  r2 = func[body]                       ;! callback function not static
  r3 = 0
  r4 = 0
  call loop
  r0 = 0
  exit
body:
  r0 = 0
  exit
