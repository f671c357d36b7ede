# Exceptions are to go to the program itself.
;; PROG sched_cls
;; FUNC global int main(struct __sk_buff *ctx)
;; TAG main 4294967295 exception_callback:main
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! invalid exception callback insn_off in func_info: 0
main:
  r0 = 0
  exit
