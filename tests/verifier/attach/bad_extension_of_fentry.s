# Programs at the entry of functions are not replaced.
;; PROG ext
;; ONLY_SKEP
;; TARGET fentry_of_function.s main
;; FUNC global int main(u64 *ctx)
;; TAG main 0 arg:ctx
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Cannot extend fentry/fexit
main:
  r0 = 0
  exit
