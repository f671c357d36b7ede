// Text: values of kernel types, a program's standard output, strings of other processes.
#include "results.h"

char text[512];

KERNEL_TYPES_BEGIN
struct path {
  void* mnt;
  void* dentry;
};
struct mm_struct {
  unsigned long arg_start;
};
struct task_struct {
  struct mm_struct* mm;
};
KERNEL_TYPES_END

static long show(void* at, int type, __u32 size, __u32 struct_size, __u64 flags) {
  struct btf_ptr what = {.ptr = at, .type_id = type};
  return bpf_snprintf_btf(text, size, &what, struct_size, flags);
}

#define PATH bpf_core_type_id_kernel(struct path)

// = 17 17 40 -22 -22 -22 -2 -34 -34
SEC("syscall")
int values(void* ctx) {
  long zeros[2] = {};
  const __u32 whole = sizeof(struct btf_ptr);
  r[0] = show(zeros, PATH, sizeof(text), whole, 0);
  r[1] = show(zeros, PATH, 10, whole, 0);
  r[2] = show(zeros, PATH, 30, whole, BTF_F_COMPACT | BTF_F_NONAME | BTF_F_PTR_RAW | BTF_F_ZERO);
  r[3] = show(zeros, PATH, 30, whole - 4, 0);
  r[4] = show(zeros, PATH, 30, whole, 16);
  r[5] = show(zeros, 0, 30, whole, 0);
  r[6] = show(zeros, 99999999, 30, whole, 0);
  r[7] = show(0, PATH, 30, whole, 0);
  r[8] = show((void*)16, PATH, 30, whole, 0);
  return 0;
}

#define SHOW(type, bytes, flags) \
  r[0] = show(bytes, bpf_core_type_id_kernel(type), sizeof(text), sizeof(struct btf_ptr), flags)

KERNEL_TYPES_BEGIN
struct iphdr {
  unsigned char tos;
};
struct in6_addr {
  int unused;
};
struct list_head {
  void *next, *prev;
};
KERNEL_TYPES_END

// text: (struct iphdr){| .ihl = (__u8)0x5,| .version = (__u8)0x4,| .tot_len = (__be16)5120,| .ttl = (__u8)64,| (union){|  (struct){|   .saddr = (__be32)16777343,|  },|  .addrs = (struct){|   .saddr = (__be32)16777343,|  },| },|}
// = 221
SEC("syscall")
int ip_header(void* ctx) {
  unsigned char bytes[20] = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 0, 0, 0, 127, 0, 0, 1};
  SHOW(struct iphdr, bytes, 0);
  return 0;
}

// text: {0x5,0x4,0,5120,0,0,64,0,0,{{16777343,0,},{16777343,0,},},}
// = 59
SEC("syscall")
int ip_header_in_short(void* ctx) {
  unsigned char bytes[20] = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 0, 0, 0, 127, 0, 0, 1};
  SHOW(struct iphdr, bytes, BTF_F_COMPACT | BTF_F_NONAME | BTF_F_ZERO);
  return 0;
}

// text: (struct in6_addr){| .in6_u = (union){|  .u6_addr8 = (__u8[])[|   'A',|   1,|  ],|  .u6_addr16 = (__be16[])[|   321,|   256,|  ],|  .u6_addr32 = (__be32[])[|   321,|   16777216,|  ],| },|}
// = 188
SEC("syscall")
int arrays(void* ctx) {
  unsigned char bytes[16] = {'A', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  SHOW(struct in6_addr, bytes, 0);
  return 0;
}

// text: (struct list_head){| .next = (struct list_head *)0x0000000000001000,| .prev = (struct list_head *)0x0000000000000000,|}
// = 120
SEC("syscall")
int pointers(void* ctx) {
  long bytes[2] = {0x1000};
  SHOW(struct list_head, bytes, BTF_F_PTR_RAW | BTF_F_ZERO);
  return 0;
}

extern int bpf_stream_vprintk_impl(int stream, const char* format, const void* args, __u32 size, void* prog) __ksym;
const char with_number[] = "hello %d\n", two_numbers[] = "%d %d", plain[] = "plain", wrong[] = "%y", empty[] = "";

// Linux 6.18.44 says ENOMEM to all that goes well, on the machine these are from.
// live: no
// stdout: hello 5|plain
// stderr: hello 5
// = 0 0 -2 -22 -22 0 -2 -22 0
SEC("syscall")
int streams(void* ctx) {
  long args[2] = {5, 6};
  r[0] = bpf_stream_vprintk_impl(1, with_number, args, 8, 0);
  r[1] = bpf_stream_vprintk_impl(2, with_number, args, 8, 0);
  r[2] = bpf_stream_vprintk_impl(3, with_number, args, 8, 0);
  r[3] = bpf_stream_vprintk_impl(1, two_numbers, args, 8, 0);
  r[4] = bpf_stream_vprintk_impl(1, with_number, args, 7, 0);
  r[5] = bpf_stream_vprintk_impl(1, plain, args, 0, 0);
  r[6] = bpf_stream_vprintk_impl(0, plain, args, 0, 0);
  r[7] = bpf_stream_vprintk_impl(1, wrong, args, 8, 0);
  r[8] = bpf_stream_vprintk_impl(1, empty, args, 8, 0);
  return 0;
}

extern int bpf_copy_from_user_task_str(void* to, __u32 size, const void* from, struct task_struct* task,
                                       __u64 flags) __ksym;

// The first argument of the process is longer than two characters.
// = 1 3 1 -22 -14 -14 1 65
SEC("syscall")
int of_a_task(void* ctx) {
  struct task_struct* task = bpf_get_current_task_btf();
  void* from = (void*)BPF_CORE_READ(task, mm, arg_start);
  __builtin_memset(text, 'A', sizeof(text));
  const long length = bpf_copy_from_user_task_str(text, 256, from, task, 0);
  r[0] = length > 3 && length < 256 && text[length - 1] == 0;
  r[1] = bpf_copy_from_user_task_str(text, 3, from, task, 0);
  r[2] = bpf_copy_from_user_task_str(text, 128, from, task, 1) == length || length > 128;
  r[3] = bpf_copy_from_user_task_str(text, 16, from, task, 2);
  r[4] = bpf_copy_from_user_task_str(text, 16, (void*)8, task, 0);
  r[5] = bpf_copy_from_user_task_str(text, 16, (void*)8, task, 1);
  r[6] = bpf_copy_from_user_task_str(text, 1, from, task, 0);
  r[7] = text[511];
  return 0;
}
