// A map that two processes share: the child counts, the parent reads. Link with libskep; no privileges, no kernel.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "skep/skep.hpp"

int main() {
  auto counts = skep::Map<std::uint32_t, std::uint64_t>::create({.max_entries = 16, .name = "counts"});
  if (!counts) {
    std::fprintf(stderr, "create: %s\n", counts.error().message().c_str());
    return 1;
  }
  if (fork() == 0) {
    for (std::uint32_t key = 0; key < 3; ++key) (void)counts->update(key, key * 100);
    _exit(0);
  }
  wait(nullptr);
  for (const auto& [key, value] : *counts) std::printf("%u: %llu\n", key, static_cast<unsigned long long>(value));
  return 0;
}
