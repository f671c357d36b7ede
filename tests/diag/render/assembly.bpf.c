// Without C there are the instructions.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
__attribute__((naked)) int assembly(void) {
  asm volatile(
      "r2 = *(u32 *)(r1 + 0);"
      "r3 = r10;"
      "r3 += r2;"
      "r0 = *(u8 *)(r3 - 8);"
      "exit;");
}
