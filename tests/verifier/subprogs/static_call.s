# A static function is walked with what its caller gives it.
;; PROG socket_filter
;; VERIFY accept
;; INSNS 6

                                        ;< R1=ctx() R10=fp0
  r1 = 5                                ;> R1=5
  call add_one                          ;: caller:
                                        ;:  R10=fp0
                                        ;: callee:
                                        ;:  frame1: R1=5 R10=fp0
                                        ;< from 5: R0=6 R10=fp0
  exit
add_one:
                                        ;< frame1: R1=5 R10=fp0
  r0 = r1                               ;> frame1: R0=5 R1=5
  r0 += 1                               ;> frame1: R0=6
  exit                                  ;: returning from callee:
                                        ;:  frame1: R0=6 R1=5 R10=fp0
                                        ;: to caller at 2:
                                        ;:  R0=6 R10=fp0
