# There are eleven registers.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 1

                                        ;< R1=ctx() R10=fp0
  r0 = r11                              ;! R11 is invalid
  exit
