// What reaches out of a program: signals to the own process, keys, connections and IPsec states that are not there.
#include "results.h"

KERNEL_TYPES_BEGIN
struct task_struct {
  int pid;
};
enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };
struct bpf_key {
  _Bool has_ref;
};
struct nf_conn {
  unsigned long status;
};
struct xfrm_state {
  int unused;
};
KERNEL_TYPES_END

extern int bpf_send_signal_task(struct task_struct* task, int signal, enum pid_type type, __u64 value) __ksym;
extern struct bpf_key* bpf_lookup_user_key(__s32 serial, __u64 flags) __ksym;
extern struct bpf_key* bpf_lookup_system_key(__u64 id) __ksym;
extern void bpf_key_put(struct bpf_key*) __ksym;
extern int bpf_modify_return_test_tp(int nonce) __ksym;

#define SIGURG 23  // does nothing to a process that does not ask for it

// = 0 0 -22 -22 -22 0 0 -22
SEC("syscall")
int signals(void* ctx) {
  r[0] = bpf_send_signal(0);
  r[1] = bpf_send_signal(SIGURG);
  r[2] = bpf_send_signal(65);
  r[3] = bpf_send_signal(-1);
  r[4] = bpf_send_signal(1000);
  r[5] = bpf_send_signal_thread(SIGURG);
  r[6] = bpf_send_signal_thread(0);
  r[7] = bpf_send_signal_thread(65);
  return 0;
}

// = 0 -22
SEC("tc")
int signals_of_a_packet(struct __sk_buff* skb) {
  r[0] = bpf_send_signal(SIGURG);
  r[1] = bpf_send_signal(65);
  return 0;
}

// = 0 0 -22 -22 -22 0 -22 -22 0
SEC("syscall")
int signals_to_a_task(void* ctx) {
  struct task_struct* task = (void*)bpf_get_current_task_btf();
  r[0] = bpf_send_signal_task(task, SIGURG, PIDTYPE_PID, 0);
  r[1] = bpf_send_signal_task(task, SIGURG, PIDTYPE_TGID, 0);
  r[2] = bpf_send_signal_task(task, SIGURG, PIDTYPE_PGID, 0);
  r[3] = bpf_send_signal_task(task, SIGURG, PIDTYPE_SID, 0);
  r[4] = bpf_send_signal_task(task, SIGURG, PIDTYPE_MAX, 0);
  r[5] = bpf_send_signal_task(task, 0, PIDTYPE_TGID, 0);
  r[6] = bpf_send_signal_task(task, 65, PIDTYPE_TGID, 0);
  r[7] = bpf_send_signal_task(task, -1, PIDTYPE_TGID, 0);
  r[8] = bpf_send_signal_task(task, SIGURG, PIDTYPE_TGID, 77);
  return 0;
}

static long known(struct bpf_key* key) {
  if (!key) return 0;
  bpf_key_put(key);
  return 1;
}

// = 1 1 1 0 0 0
SEC("syscall")
int system_keys(void* ctx) {
  r[0] = known(bpf_lookup_system_key(0));
  r[1] = known(bpf_lookup_system_key(1));
  r[2] = known(bpf_lookup_system_key(2));
  r[3] = known(bpf_lookup_system_key(3));
  r[4] = known(bpf_lookup_system_key(-1));
  r[5] = known(bpf_lookup_system_key(1ull << 32));
  return 0;
}

// = 0 0 0 0 0
SEC("syscall")
int no_user_keys(void* ctx) {
  r[0] = known(bpf_lookup_user_key(0, 0));
  r[1] = known(bpf_lookup_user_key(-9, 0));
  r[2] = known(bpf_lookup_user_key(0x7ffffff0, 0));
  r[3] = known(bpf_lookup_user_key(-3, 4));
  r[4] = known(bpf_lookup_user_key(-3, 8));
  return 0;
}

// = 5 0 -7
SEC("syscall")
int test_tracepoint(void* ctx) {
  r[0] = bpf_modify_return_test_tp(5);
  r[1] = bpf_modify_return_test_tp(0);
  r[2] = bpf_modify_return_test_tp(-7);
  return 0;
}

struct bpf_ct_opts {
  __s32 netns_id, error;
  __u8 l4proto, dir;
  __u16 ct_zone_id;
  __u8 ct_zone_dir, reserved[3];
};
extern struct nf_conn* bpf_xdp_ct_lookup(struct xdp_md*, struct bpf_sock_tuple*, __u32, struct bpf_ct_opts*,
                                         __u32) __ksym;
extern void bpf_ct_release(struct nf_conn*) __ksym;

#define LOOK(at, tuple_size, size, ...)                                                                         \
  do {                                                                                                          \
    struct bpf_ct_opts o = {.netns_id = -1, .l4proto = 6};                                                      \
    __VA_ARGS__;                                                                                                \
    struct bpf_sock_tuple tuple = {.ipv4 = {.saddr = 0x0100007f, .daddr = 0x0100007f, .sport = 1, .dport = 2}}; \
    struct nf_conn* found = bpf_xdp_ct_lookup(ctx, &tuple, tuple_size, &o, size);                               \
    r[at] = found ? 1 : o.error;                                                                                \
    if (found) bpf_ct_release(found);                                                                           \
  } while (0)

// = -2 -2 -2 -71 -71 -22 -22 -22 -97 -64 -64 -2 -2 -22 -22 -22
SEC("xdp")
int no_connection(struct xdp_md* ctx) {
  LOOK(0, 12, 16, o.error = 9);
  LOOK(1, 36, 12, o.reserved[0] = 1);
  LOOK(2, 12, 16, o.l4proto = 17);
  LOOK(3, 12, 16, o.l4proto = 1);
  LOOK(4, 8, 16, o.l4proto = 132; o.netns_id = -2);
  LOOK(5, 12, 16, o.reserved[2] = 1);
  LOOK(6, 8, 16, o.netns_id = -2);
  LOOK(7, 12, 12, o.ct_zone_id = 1);
  LOOK(8, 8, 16, o.netns_id = 5000);
  LOOK(9, 12, 16, o.netns_id = 5000);
  LOOK(10, 12, 16, o.netns_id = 0x7fffffff);
  LOOK(11, 12, 16, o.dir = 3; o.ct_zone_id = 1);
  LOOK(12, 12, 16, o.ct_zone_dir = 4);
  LOOK(13, 12, 13, );
  LOOK(14, 12, 8, );
  LOOK(15, 12, 16, o.netns_id = 0x80000000);
  return 0;
}

struct bpf_xfrm_state_opts {
  __s32 error, netns_id;
  __u32 mark, daddr[4], spi;
  __u8 proto;
  __u16 family;
};
extern struct xfrm_state* bpf_xdp_get_xfrm_state(struct xdp_md*, struct bpf_xfrm_state_opts*, __u32) __ksym;
extern void bpf_xdp_xfrm_state_release(struct xfrm_state*) __ksym;

#define ASK(at, size, ...)                                                    \
  do {                                                                        \
    struct bpf_xfrm_state_opts o = {.error = 9, .netns_id = -1, .family = 2}; \
    __VA_ARGS__;                                                              \
    struct xfrm_state* found = bpf_xdp_get_xfrm_state(ctx, &o, size);         \
    r[at] = found ? 1 : o.error;                                              \
    if (found) bpf_xdp_xfrm_state_release(found);                             \
  } while (0)

// = -2 -2 -2 -22 -64 -22 -22 9 -22
SEC("xdp")
int no_ipsec(struct xdp_md* ctx) {
  ASK(0, sizeof(o), );
  ASK(1, sizeof(o), o.proto = 50; o.spi = 5);
  ASK(2, sizeof(o), o.family = 3);
  ASK(3, sizeof(o), o.netns_id = -2);
  ASK(4, sizeof(o), o.netns_id = 5000);
  ASK(5, sizeof(o) - 4, );
  ASK(6, 4, );
  ASK(7, 3, o.netns_id = -2);
  ASK(8, sizeof(o) - 1, o.netns_id = -2);
  return 0;
}
