# No functions without CAP_BPF.
;; PROG socket_filter
;; UNPRIVILEGED
;; ONLY_SKEP
;; VERIFY reject EPERM
;; INSNS 0

                                        ;! loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN
  call sub
  exit
sub:
  r0 = 0
  exit
