# Which lock is taken depends on a number of the packet.
;; PROG sched_cls
;; STRUCT bpf_spin_lock { u32 val; }
;; STRUCT val { struct bpf_spin_lock lock; int data; }
;; MAP m array key=4 value=8 type=val
;; VERIFY reject EINVAL
;; INSNS 12

                                        ;< R1=ctx() R10=fp0
  r7 = *(u32 *)(r1 +0)                  ;> R1=ctx() R7=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
  *(u32 *)(r10 -4) = 0                  ;> R10=fp0 fp-8=0000????
  r2 = r10                              ;> R2=fp0 R10=fp0
  r2 += -4                              ;> R2=fp-4
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  call map_lookup_elem                  ;> R0=map_value(id=1,map=m,ks=4,vs=8)
  if r0 == 0 goto out                   ;> R0=map_value(id=1,map=m,ks=4,vs=8)
  r6 = r0                               ;> R0=map_value(id=1,map=m,ks=4,vs=8) R6=map_value(id=1,map=m,ks=4,vs=8)
  r7 &= 4                               ;> R7=scalar(smin=smin32=0,smax=umax=smax32=umax32=4,var_off=(0x0; 0x4))
  r1 = r6                               ;> R1=map_value(id=1,map=m,ks=4,vs=8) R6=map_value(id=1,map=m,ks=4,vs=8)
  r1 += r7
                                        ;< R1=map_value(id=1,map=m,ks=4,vs=8,smin=smin32=0,smax=umax=smax32=umax32=4,var_off=(0x0; 0x4)) R7=scalar(smin=smin32=0,smax=umax=smax32=umax32=4,var_off=(0x0; 0x4))
  call spin_lock                        ;! R1 doesn't have constant offset. bpf_spin_lock has to be at the constant offset
out:
  r0 = 0
  exit
