# The struct has no such member.
;; PROG struct_ops
;; TARGET kernel struct tcp_congestion_ops
;; LOAD expected_attach_type=1000
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! attach to invalid member idx 1000 of struct tcp_congestion_ops
  r0 = 0
  exit
