# The variable's module is named by a descriptor that is none.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! invalid module BTF object FD specified.
  .insn 0x18 1 3 0 1
  .insn 0 0 0 0 9999
  r0 = 0
  exit
