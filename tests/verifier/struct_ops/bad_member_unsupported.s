# A function that programs may not implement.
;; PROG struct_ops
;; TARGET kernel struct tcp_congestion_ops
;; LOAD expected_attach_type=10
;; VERIFY reject ENOTSUPP
;; INSNS 0

                                        ;! attach to unsupported member get_info of struct tcp_congestion_ops
  r0 = 0
  exit
