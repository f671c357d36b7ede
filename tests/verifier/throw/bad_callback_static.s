# The function that exceptions go to must be global.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static int sub(u64 c)
;; TAG main 4294967295 exception_callback:sub
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! exception callback 'sub' must have global linkage
main:
  call sub
  r0 = 0
  exit
sub:
  r0 = 0
  exit
