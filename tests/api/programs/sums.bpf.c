/* What program_test.cc runs. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct args {
  unsigned long long first, second;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, unsigned int);
  __type(value, unsigned long long);
} calls SEC(".maps");

unsigned int factor = 1;
unsigned int last;

SEC("syscall") int sum(struct args* args) {
  unsigned int key = 0;
  unsigned long long* count = bpf_map_lookup_elem(&calls, &key);
  if (count) __sync_fetch_and_add(count, 1);
  last = (args->first + args->second) * factor;
  return last;
}

SEC("syscall") int spin(struct args* args) {
  unsigned int n = args->first, turns = 0;
  for (unsigned int i = 0; i < n && i < 2000; ++i) asm volatile("%0 += 1" : "+r"(turns));
  return turns;
}

char _license[] SEC("license") = "GPL";
