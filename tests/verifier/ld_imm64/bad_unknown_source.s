# src says what the number is; 7 means nothing.
;; PROG socket_filter
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! unrecognized bpf_ld_imm64 insn
  .insn 0x18 0 7 0 1
  .insn 0 0 0 0 0
  exit
