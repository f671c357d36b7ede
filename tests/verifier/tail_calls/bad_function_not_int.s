# A tail call in a function that returns nothing.
;; PROG sched_cls
;; MAP jmp prog_array key=4 value=4
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static void sub(struct __sk_buff *ctx)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! tail_call is only allowed in functions that return 'int'.
main:
  call sub
  r0 = 0
  exit
sub:
  r2 = map[jmp]
  r3 = 0
  call tail_call
  r0 = 0
  exit
