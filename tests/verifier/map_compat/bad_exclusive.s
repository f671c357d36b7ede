# The map is for one program, and this is another.
;; PROG xdp
;; MAP m array key=4 value=8 max=1 exclusive
;; VERIFY reject EACCES
;; INSNS 0

                                        ;! program's hash doesn't match map's excl_prog_hash
  r1 = map[m]
  r0 = 0
  exit
