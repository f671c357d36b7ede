# The argument of the function is tagged as never null, the caller did not look.
;; PROG sched_cls
;; MAP m hash key=4 value=8
;; FUNC static int main(struct __sk_buff *ctx)
;; FUNC global int f(int *p)
;; TAG f 0 arg:nonnull
;; VERIFY reject EINVAL
;; INSNS 7

main:
                                        ;< R1=ctx() R10=fp0
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  call map_lookup_elem                  ;> R0=map_value_or_null(id=1,map=m,ks=4,vs=8)
  r1 = r0                               ;> R0=map_value_or_null(id=1,map=m,ks=4,vs=8) R1=map_value_or_null(id=1,map=m,ks=4,vs=8)
  call f                                ;: arg#0 is expected to be non-NULL
                                        ;! Caller passes invalid args into func#1 ('f')
  r0 = 0
  exit
f:
  r0 = 0
  exit
