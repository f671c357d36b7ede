# What another program returns stays as it is.
;; PROG tracing
;; ATTACH modify_return
;; ONLY_SKEP
;; TARGET function.s sub
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! can't modify return codes of BPF programs
  r0 = 0
  exit
