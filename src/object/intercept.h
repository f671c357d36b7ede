// libbpf believes that it talks to a kernel: while an Intercept is alive, the system calls and files it asks for on
// this thread are answered by us.
//
// The linker gives us its calls (-Wl,--wrap, see CMakeLists.txt): syscall() for bpf(2), open, fopen, access and gzopen
// for what it reads of the machine, uname for the version, mmap to learn where an arena lies. Everything else, and
// every other thread, gets what it asked for.
#pragma once

#include <functional>
#include <string>

#include "base/types.h"

struct btf;  // libbpf's

namespace skep::object {

struct Answers {
  // bpf(cmd, attr, size): >= 0 or -errno.
  std::function<long(int cmd, void* attr, unsigned size)> bpf;
  // Called after a file descriptor was mapped.
  std::function<void(int fd, u64 address)> mapped;
  // Let the machine's own files through: the version, possible CPUs, kallsyms, the configuration. Else the rest of this
  // struct answers.
  bool own_machine = false;
  // The kernel's types as libbpf's own object, shared by all loads because reading them takes longer than most checks:
  // handed out by libbpf's btf__load_vmlinux_btf() and left alone by its btf__free(). Null, or without it: libbpf reads
  // btf_file.
  std::function<struct ::btf*()> kernel_types;
  std::function<bool(const struct ::btf*)> is_shared;
  std::string btf_file;     // read in place of /sys/kernel/btf/vmlinux; empty: there is none
  std::string config_file;  // in place of /proc/config.gz; empty: there is none
  std::string release;      // uname -r
  unsigned possible_cpus = 1;
  std::function<std::string()> kallsyms;  // the text of /proc/kallsyms
};

class Intercept {
 public:
  // `answers` must outlive it. One at a time on each thread.
  explicit Intercept(const Answers& answers);
  ~Intercept();
  Intercept(const Intercept&) = delete;
  Intercept& operator=(const Intercept&) = delete;
};

// bpf(2) of the running kernel: >= 0 or -errno.
long running_kernel(int cmd, void* attr, unsigned size);

}  // namespace skep::object
