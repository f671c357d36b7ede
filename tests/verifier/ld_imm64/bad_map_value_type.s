# A hash has no fixed place for a value.
;; PROG socket_filter
;; MAP m hash key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! no direct value access support for this map type
  r1 = map_value[m]
  r0 = 0
  exit
