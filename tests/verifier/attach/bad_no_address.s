# The compiler left no function of this name, only its type.
;; PROG tracing
;; ATTACH trace_fentry
;; ONLY_SKEP
;; TARGET kernel func __func_get_name
;; VERIFY reject ENOENT
;; INSNS 0

                                        ;! The address of function __func_get_name cannot be found
  r0 = 0
  exit
