// For tests of bpf(2): someone who answers it, ours or the running kernel, and the questions in short form.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "sys/attr.h"
#include "sys/kernel.h"

namespace skep::sys {

struct Asker {
  std::function<long(int cmd, void* attr, u32 size)> bpf;

  template <typename T>
  long ask(u32 cmd, T attr, u32 size = sizeof(T)) const {
    return bpf(int(cmd), &attr, size);
  }
  // The same, for commands that write into attr.
  template <typename T>
  long ask_back(u32 cmd, T& attr) const {
    return bpf(int(cmd), &attr, sizeof(T));
  }
};

inline Asker ask(Kernel& kernel) {
  return {[&kernel](int cmd, void* attr, u32 size) { return kernel.bpf(cmd, attr, size); }};
}

inline Asker running_kernel() {
  return {[](int cmd, void* attr, u32 size) {
    const long result = ::syscall(SYS_bpf, cmd, attr, size);
    return result < 0 ? -long(errno) : result;
  }};
}

// The running kernel is the one the tables were recorded from, and it answers us.
bool running_kernel_is_reference();

inline u64 address(const void* p) { return reinterpret_cast<u64>(p); }

// A kernel without BTF of its own: what most tests need.
inline std::unique_ptr<Kernel> make_kernel(target::Caps caps = {}) {
  auto target = std::make_shared<target::Target>([]() -> std::shared_ptr<const btf::Btf> { return nullptr; });
  return std::make_unique<Kernel>(KernelConfig{.target = std::move(target), .caps = caps});
}

// BTF with [1] u32, [2] struct S {u32 a} of 4 bytes, [3] u64.
inline std::vector<u8> small_btf() {
  const char strings[] = "\0u32\0a\0S\0u64";
  const u32 types[] = {1, 1u << 24, 4, 32, 7, 4u << 24 | 1, 4, 5, 1, 0, 9, 1u << 24, 8, 64};
  const u32 header[] = {0x0001eb9f, 24, 0, sizeof(types), sizeof(types), sizeof(strings)};
  std::vector<u8> out(sizeof(header) + sizeof(types) + sizeof(strings));
  std::memcpy(out.data(), header, sizeof(header));
  std::memcpy(out.data() + sizeof(header), types, sizeof(types));
  std::memcpy(out.data() + sizeof(header) + sizeof(types), strings, sizeof(strings));
  return out;
}

inline long load_btf(const Asker& asker, const std::vector<u8>& bytes) {
  return asker.ask(BPF_BTF_LOAD, BtfLoadAttr{.btf = address(bytes.data()), .btf_size = u32(bytes.size())});
}

}  // namespace skep::sys
