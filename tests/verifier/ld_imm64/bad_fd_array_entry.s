# Every entry of a counted fd_array must be a map or types.
;; PROG socket_filter
;; FD_ARRAY 9999
;; LOAD fd_array_cnt=1
;; VERIFY reject EBADF
;; INSNS 0

                                        ;! fd 9999 is not pointing to valid bpf_map or btf
  r0 = 0
  exit
