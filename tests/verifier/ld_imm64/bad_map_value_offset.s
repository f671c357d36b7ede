# Beyond the value.
;; PROG socket_filter
;; MAP a array key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! invalid access to map value pointer, value_size=8 off=8
  r1 = map_value[a]+8
  r0 = 0
  exit
