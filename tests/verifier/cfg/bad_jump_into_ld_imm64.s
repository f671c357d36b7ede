# A jump to the second half of a 64-bit number.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! jump into the middle of ldimm64 insn 2
  r0 = 0
  if r0 == 0 goto pc+1
  r1 = 5 ll
  exit
