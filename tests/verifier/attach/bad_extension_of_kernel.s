# Functions of the kernel are not replaced.
;; PROG ext
;; ONLY_SKEP
;; TARGET kernel func do_exit
;; FUNC global int main(int n)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Cannot replace kernel functions
main:
  r0 = 0
  exit
