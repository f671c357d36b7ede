# Division by a constant 0 is refused; by a register that is 0, it gives 0.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 2

                                        ;< R1=ctx() R10=fp0
  r0 = 1                                ;> R0=1
  r0 /= 0                               ;! div by zero
  exit
