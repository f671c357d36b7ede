# A replacement must say what it takes.
;; PROG ext
;; ONLY_SKEP
;; TARGET function.s sub
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Program extension requires BTF
  r0 = 0
  exit
