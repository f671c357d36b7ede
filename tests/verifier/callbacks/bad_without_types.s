# A callback in a program without types.
;; PROG sched_cls
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r1 = 1                                ;> R1=1
  r2 = func[cb]                         ;! missing btf func_info
  r3 = 0
  r4 = 0
  call loop
  r0 = 0
  exit
cb:
  r0 = 0
  exit
