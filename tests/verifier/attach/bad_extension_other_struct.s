# The replacement takes a pointer to another struct.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s main
;; STRUCT other { int a; }
;; FUNC global int main(struct other *p)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! arg0 main(struct other *) doesn't match main(struct __sk_buff *)
main:
  r0 = 0
  exit
