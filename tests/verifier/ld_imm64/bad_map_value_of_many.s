# An array of two values has no "the value".
;; PROG socket_filter
;; MAP a array key=4 value=8 max=2
;; VERIFY reject ENOTSUPP
;; INSNS 0

                                        ;! invalid access to map value pointer, value_size=8 off=0
  r1 = map_value[a]
  r0 = 0
  exit
