# Two functions that exceptions are to go to.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int sub(u64 c)
;; TAG main 4294967295 exception_callback:sub
;; TAG main 4294967295 exception_callback:main
;; VERIFY reject EEXIST
;; INSNS 0

                                        ;! multiple exception callback tags for main subprog
main:
  call sub
  r0 = 0
  exit
sub:
  r0 = 0
  exit
