# Each turn of the loop arms a timer, and each timer's callback is looked at later.
;; LOG_LEVEL 4
;; PROG sched_cls
;; STRUCT bpf_timer { u64 a; u64 b; }
;; STRUCT s { struct bpf_timer t; }
;; MAP m array key=4 value=16 max=1 type=s
;; FUNC static int prog(void)
;; FUNC static int fired(void)
;; VERIFY reject EFAULT
;; INSNS 40965
;; STATES max_per_insn=4 total=822 peak=822 mark_read=0
;; STACK 0+0

                                        ;! The sequence of 8193 jumps is too complex for async cb.
prog:
  r6 = 0
loop:
  r6 += 1
  r1 = map_value[m]
  r2 = func[fired]
  call timer_set_callback
  goto loop
fired:
  r0 = 0
  exit
