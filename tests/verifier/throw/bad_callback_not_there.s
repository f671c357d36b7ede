# The exception callback is a type, but no function of the program.
;; PROG sched_cls
;; STRUCT __sk_buff { u32 len; }
;; FUNC global int main(struct __sk_buff *ctx)
;; FUNC extern int caught(u64 cookie)
;; TAG main -1 exception_callback:caught
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! exception callback type id not found in func_info
main:
  r0 = 0
  exit
