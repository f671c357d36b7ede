# 65 maps: a program has at most 64.
;; PROG socket_filter
;; MAP m0 array key=4 value=4 max=1
;; MAP m1 array key=4 value=4 max=1
;; MAP m2 array key=4 value=4 max=1
;; MAP m3 array key=4 value=4 max=1
;; MAP m4 array key=4 value=4 max=1
;; MAP m5 array key=4 value=4 max=1
;; MAP m6 array key=4 value=4 max=1
;; MAP m7 array key=4 value=4 max=1
;; MAP m8 array key=4 value=4 max=1
;; MAP m9 array key=4 value=4 max=1
;; MAP m10 array key=4 value=4 max=1
;; MAP m11 array key=4 value=4 max=1
;; MAP m12 array key=4 value=4 max=1
;; MAP m13 array key=4 value=4 max=1
;; MAP m14 array key=4 value=4 max=1
;; MAP m15 array key=4 value=4 max=1
;; MAP m16 array key=4 value=4 max=1
;; MAP m17 array key=4 value=4 max=1
;; MAP m18 array key=4 value=4 max=1
;; MAP m19 array key=4 value=4 max=1
;; MAP m20 array key=4 value=4 max=1
;; MAP m21 array key=4 value=4 max=1
;; MAP m22 array key=4 value=4 max=1
;; MAP m23 array key=4 value=4 max=1
;; MAP m24 array key=4 value=4 max=1
;; MAP m25 array key=4 value=4 max=1
;; MAP m26 array key=4 value=4 max=1
;; MAP m27 array key=4 value=4 max=1
;; MAP m28 array key=4 value=4 max=1
;; MAP m29 array key=4 value=4 max=1
;; MAP m30 array key=4 value=4 max=1
;; MAP m31 array key=4 value=4 max=1
;; MAP m32 array key=4 value=4 max=1
;; MAP m33 array key=4 value=4 max=1
;; MAP m34 array key=4 value=4 max=1
;; MAP m35 array key=4 value=4 max=1
;; MAP m36 array key=4 value=4 max=1
;; MAP m37 array key=4 value=4 max=1
;; MAP m38 array key=4 value=4 max=1
;; MAP m39 array key=4 value=4 max=1
;; MAP m40 array key=4 value=4 max=1
;; MAP m41 array key=4 value=4 max=1
;; MAP m42 array key=4 value=4 max=1
;; MAP m43 array key=4 value=4 max=1
;; MAP m44 array key=4 value=4 max=1
;; MAP m45 array key=4 value=4 max=1
;; MAP m46 array key=4 value=4 max=1
;; MAP m47 array key=4 value=4 max=1
;; MAP m48 array key=4 value=4 max=1
;; MAP m49 array key=4 value=4 max=1
;; MAP m50 array key=4 value=4 max=1
;; MAP m51 array key=4 value=4 max=1
;; MAP m52 array key=4 value=4 max=1
;; MAP m53 array key=4 value=4 max=1
;; MAP m54 array key=4 value=4 max=1
;; MAP m55 array key=4 value=4 max=1
;; MAP m56 array key=4 value=4 max=1
;; MAP m57 array key=4 value=4 max=1
;; MAP m58 array key=4 value=4 max=1
;; MAP m59 array key=4 value=4 max=1
;; MAP m60 array key=4 value=4 max=1
;; MAP m61 array key=4 value=4 max=1
;; MAP m62 array key=4 value=4 max=1
;; MAP m63 array key=4 value=4 max=1
;; MAP m64 array key=4 value=4 max=1
;; VERIFY reject E2BIG
;; INSNS 0

                                        ;! The total number of maps per program has reached the limit of 64
  r1 = map[m0]
  r1 = map[m1]
  r1 = map[m2]
  r1 = map[m3]
  r1 = map[m4]
  r1 = map[m5]
  r1 = map[m6]
  r1 = map[m7]
  r1 = map[m8]
  r1 = map[m9]
  r1 = map[m10]
  r1 = map[m11]
  r1 = map[m12]
  r1 = map[m13]
  r1 = map[m14]
  r1 = map[m15]
  r1 = map[m16]
  r1 = map[m17]
  r1 = map[m18]
  r1 = map[m19]
  r1 = map[m20]
  r1 = map[m21]
  r1 = map[m22]
  r1 = map[m23]
  r1 = map[m24]
  r1 = map[m25]
  r1 = map[m26]
  r1 = map[m27]
  r1 = map[m28]
  r1 = map[m29]
  r1 = map[m30]
  r1 = map[m31]
  r1 = map[m32]
  r1 = map[m33]
  r1 = map[m34]
  r1 = map[m35]
  r1 = map[m36]
  r1 = map[m37]
  r1 = map[m38]
  r1 = map[m39]
  r1 = map[m40]
  r1 = map[m41]
  r1 = map[m42]
  r1 = map[m43]
  r1 = map[m44]
  r1 = map[m45]
  r1 = map[m46]
  r1 = map[m47]
  r1 = map[m48]
  r1 = map[m49]
  r1 = map[m50]
  r1 = map[m51]
  r1 = map[m52]
  r1 = map[m53]
  r1 = map[m54]
  r1 = map[m55]
  r1 = map[m56]
  r1 = map[m57]
  r1 = map[m58]
  r1 = map[m59]
  r1 = map[m60]
  r1 = map[m61]
  r1 = map[m62]
  r1 = map[m63]
  r1 = map[m64]
  r0 = 0
  exit
