# Programs cannot see arguments whose number the type does not say.
;; PROG tracing
;; ATTACH trace_iter
;; TARGET kernel func _printk
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! The function _printk with variable args is unsupported.
  r0 = 0
  exit
