# A stack trace map cannot be used where a program sleeps.
;; PROG kprobe
;; FLAGS sleepable
;; MAP st stack_trace key=4 value=8 max=1
;; VERIFY reject EINVAL
;; INSNS 0

                                        ;! Sleepable programs can only use array, hash, ringbuf and local storage maps
  r1 = map[st]
  r0 = 0
  exit
