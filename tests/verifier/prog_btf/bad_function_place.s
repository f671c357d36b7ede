# The types say that the second function starts one instruction too late.
;; PROG sched_cls
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC static int sub(int n)
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! func_info BTF section doesn't match subprog layout in BPF program
main:
  call pc+2
  r0 = 0
  exit
  r0 = 0
sub:
  r0 = 0
  exit
