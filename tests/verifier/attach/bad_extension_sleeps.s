# The replacement sleeps, the function does not.
;; PROG ext
;; ONLY_SKEP
;; TARGET sleeping_program.s sub
;; FUNC global int main(int n)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Extension program may sleep, while original does not
main:
  r1 = r10
  r1 += -8
  r2 = 8
  r3 = 0
  r4 = 0
  call bpf_copy_from_user_str
  r0 = 0
  exit
