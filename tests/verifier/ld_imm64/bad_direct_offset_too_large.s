# An offset into a map's value that no value can have.
;; PROG socket_filter
;; MAP m array key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! direct value offset of 536870912 is not allowed
  r1 = map_value[m]+536870912
  r0 = 0
  exit
