# The context of such programs has no type.
;; PROG raw_tracepoint
;; STRUCT s { int a; }
;; FUNC global int main(u64 *ctx)
;; FUNC global int sub(struct s *p)
;; TAG sub 0 arg:ctx
;; VERIFY reject EINVAL
;; INSNS 2

main:
                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  call sub                              ;: arg#0 should be `struct bpf_raw_tracepoint_args *`
                                        ;! Caller passes invalid args into func#1 ('sub')
  r0 = 0
  exit
sub:
  r0 = 0
  exit
