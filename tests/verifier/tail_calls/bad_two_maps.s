# Without CAP_PERFMON a tail call must know which map it goes through.
;; PROG socket_filter
;; CAPS -perfmon
;; MAP a prog_array key=4 value=4
;; MAP b prog_array key=4 value=4
;; VERIFY reject EINVAL
;; INSNS 14
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

                                        ;< R1=ctx() R10=fp0
  r6 = r1                               ;> R1=ctx() R6=ctx()
  r0 = *(u32 *)(r6 +0)                  ;> R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R6=ctx()
  r2 = map[a]                           ;> R2=map_ptr(map=a,ks=4,vs=4)
  if r0 != 0 goto go                    ;> R0=0
  r2 = map[b]                           ;> R2=map_ptr(map=b,ks=4,vs=4)
go:
                                        ;< from 4: R0=scalar(smin=umin=umin32=1,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R1=ctx() R2=map_ptr(map=a,ks=4,vs=4) R6=ctx() R10=fp0
  r1 = r6                               ;> R1=ctx() R6=ctx()
                                        ;> R1=ctx() R6=ctx()
  r3 = 0                                ;> R3=0
                                        ;> R3=0
  call tail_call                        ;: 10:
                                        ;! tail_call abusing map_ptr
  r0 = 0                                ;> R0=0
                                        ;: safe
  exit
