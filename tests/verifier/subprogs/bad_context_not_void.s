# Programs of this type have no struct for their context, so an argument tagged as it is a void pointer.
;; PROG tracing
;; ATTACH trace_raw_tp
;; TARGET kernel typedef btf_trace_sys_enter
;; STRUCT s { int a; }
;; TAG f 0 arg:ctx
;; FUNC static int main(void *ctx)
;; FUNC global int f(struct s *ctx)
;; VERIFY reject EINVAL
;; INSNS 1

main:
                                        ;< R1=ctx() R10=fp0
  call f                                ;: arg#0 should be void pointer
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
