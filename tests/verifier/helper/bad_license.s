# Some are for GPL-compatible programs only.
;; PROG kprobe
;; LICENSE MIT
;; VERIFY reject EINVAL
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  call get_current_task                 ;! cannot call GPL-restricted function from non-GPL compatible program
  r0 = 0
  exit
