# An exception callback is not replaced.
;; PROG ext
;; ONLY_SKEP
;; TARGET exceptions.s caught
;; FUNC global int main(u64 cookie)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Extension programs cannot attach to exception callback
main:
  r0 = 0
  exit
