# More types in fd_array than a program may use.
;; PROG socket_filter
;; STRUCT s { int a; }
;; FD_ARRAY btf*65
;; LOAD fd_array_cnt=65
;; VERIFY reject E2BIG
;; INSNS 0

                                        ;! The total number of btfs per program has reached the limit of 64
  r0 = 0
  exit
