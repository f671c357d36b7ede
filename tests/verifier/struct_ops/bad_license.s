# struct_ops programs must be under the GPL.
;; PROG struct_ops
;; LICENSE BSD
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! struct ops programs must have a GPL compatible license
  r0 = 0
  exit
