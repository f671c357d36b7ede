# Exceptions are to go to a function that does not exist.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static int sub(u64 c)
;; TAG main 4294967295 exception_callback:nowhere
;; VERIFY reject ENOENT
;; INSNS 0

                                        ;! exception callback 'nowhere' could not be found in BTF
main:
  call sub
  r0 = 0
  exit
sub:
  r0 = 0
  exit
