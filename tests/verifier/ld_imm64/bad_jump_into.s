# The second slot is no instruction.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! jump into the middle of ldimm64 insn 2
  call get_prandom_u32
  if r0 == 3 goto pc+1
  r0 = 5 ll
  exit
