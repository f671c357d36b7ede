# An index needs a list.
;; PROG socket_filter
;; VERIFY reject EPROTO
;; INSNS 0

                                        ;! fd_idx without fd_array is invalid
  r1 = map_idx[0]
  r0 = 0
  exit
