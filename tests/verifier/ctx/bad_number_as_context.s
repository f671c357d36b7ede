# A global function takes the context by its name.
;; PROG xdp
;; STRUCT xdp_md { u32 data; }
;; FUNC static int prog(void)
;; FUNC global int sub(struct xdp_md *ctx)
;; VERIFY reject EINVAL
;; INSNS 2

prog:
                                        ;< R1=ctx() R10=fp0
  r1 = 0                                ;> R1=0
  call sub                              ;: arg#0 expects pointer to ctx
                                        ;! Caller passes invalid args into func#1 ('sub')
  exit
sub:
  r0 = 0
  exit
