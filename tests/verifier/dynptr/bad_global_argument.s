# A function that takes a dynptr is given the context.
;; PROG sched_cls
;; STRUCT bpf_dynptr { u64 a[2]; }
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(struct bpf_dynptr *d)
;; VERIFY reject EINVAL
;; INSNS 1

main:
                                        ;< R1=ctx() R10=fp0
  call f                                ;: arg#0 expected pointer to stack or const struct bpf_dynptr
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
