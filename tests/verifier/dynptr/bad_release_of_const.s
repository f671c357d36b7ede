# A callback submits the dynptr it was only lent.
;; PROG kprobe
;; MAP urb user_ringbuf key=0 value=0 max=4096
;; FUNC static int main(struct pt_regs *ctx)
;; FUNC static long cb(struct bpf_dynptr *d, void *data)
;; VERIFY reject EINVAL
;; INSNS 9
;; STATES max_per_insn=1 total=1 peak=1 mark_read=0

main:
                                        ;< R1=ctx() R10=fp0
  r1 = map[urb]                         ;> R1=map_ptr(map=urb,ks=0,vs=0)
  r2 = func[cb]                         ;> R2=func()
  r3 = r10                              ;> R3=fp0 R10=fp0
  r4 = 0                                ;> R4=0
  call user_ringbuf_drain               ;> R0=scalar() R10=fp0
  r0 = 0                                ;> R0=0
  exit
cb:
                                        ;< from 6: frame1: R1=dynptr_ptr(id=1,type=local) R2=fp[0]0 R10=fp0 cb
  r2 = 0                                ;> frame1: R2=0 cb
  call ringbuf_submit_dynptr            ;! cannot release unowned const bpf_dynptr
  r0 = 0
  exit
