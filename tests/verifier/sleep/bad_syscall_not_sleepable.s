# Programs of type syscall are always sleepable; the flag is missing.
;; PROG syscall
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Syscall programs can only be sleepable
  r0 = 0
  exit
