# A callback writes its map's key.
;; PROG socket_filter
;; MAP m array key=4 value=8 max=1
;; FUNC static int prog(void)
;; FUNC static int each(void)
;; VERIFY reject EACCES
;; INSNS 8
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

prog:
                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=4,vs=8)
  r2 = func[each]                       ;> R2=func()
  r3 = 0                                ;> R3=0
  r4 = 0                                ;> R4=0
  call for_each_map_elem                ;> R0=scalar() R10=fp0
  r0 = 0                                ;> R0=0
  exit
each:
                                        ;< from 6: frame1: R1=map_ptr(map=m,ks=4,vs=8) R2=map_key(map=m,ks=4,vs=8) R3=map_value(map=m,ks=4,vs=8) R4=0 R10=fp0 cb
  *(u32 *)(r2 +0) = 0                   ;! write to change key R2 not allowed
  r0 = 0
  exit
