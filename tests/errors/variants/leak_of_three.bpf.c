// One of three ways out keeps the record.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct event {
  __u32 len, mark;
};

SEC("tc")
int report(struct __sk_buff *skb) {
  struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

  if (!event)
    return 0;
  event->len = skb->len;
  if (skb->mark == 7) {
    bpf_ringbuf_discard(event, 0);
    return 0;
  }
  if (skb->mark == 8)
    return 0;
  event->mark = skb->mark;
  bpf_ringbuf_submit(event, 0);
  return 0;
}
