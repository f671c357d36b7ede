# There is no walk over the elements of this map.
;; PROG socket_filter
;; MAP m queue value=8 max=1
;; FUNC static int prog(void)
;; FUNC static int each(void)
;; VERIFY reject ENOTSUPP
;; INSNS 5
;; STATES max_per_insn=0 total=1 peak=1 mark_read=0

prog:
                                        ;< R1=ctx() R10=fp0
  r1 = map[m]                           ;> R1=map_ptr(map=m,ks=0,vs=8)
  r2 = func[each]                       ;> R2=func()
  r3 = 0                                ;> R3=0
  r4 = 0                                ;> R4=0
  call for_each_map_elem                ;! callback function not allowed for map
  r0 = 0
  exit
each:
  r0 = 0
  exit
