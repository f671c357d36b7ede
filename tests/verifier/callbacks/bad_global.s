# A callback must be a static function.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int cb(int i)
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r1 = 1                                ;> R1=1
  r2 = func[cb]                         ;! callback function not static
  r3 = 0
  r4 = 0
  call loop
  r0 = 0
  exit
cb:
  r0 = 0
  exit
