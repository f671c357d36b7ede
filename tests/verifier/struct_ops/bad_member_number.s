# The member is a number.
;; PROG struct_ops
;; TARGET kernel struct tcp_congestion_ops
;; LOAD expected_attach_type=11
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! attach to invalid member name(@idx 11) of struct tcp_congestion_ops
  r0 = 0
  exit
