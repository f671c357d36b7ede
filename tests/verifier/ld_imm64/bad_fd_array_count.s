# The count of fd_array is beyond all measure.
;; PROG socket_filter
;; FD_ARRAY 9999
;; LOAD fd_array_cnt=1073741823
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! fd_array_cnt is too big (1073741823)
  r0 = 0
  exit
