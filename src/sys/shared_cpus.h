// The CPUs of a namespace: who of all its processes has which (engine/cpus.h).
#pragma once

#include <span>

#include "engine/cpus.h"
#include "sys/namespace.h"

namespace skep::sys {

class SharedCpus {
 public:
  // Of a kernel of its own (null), or without a file: no words, and whoever runs programs has his own.
  SharedCpus(const Namespace* shared, u32 count);
  ~SharedCpus();
  SharedCpus(const SharedCpus&) = delete;
  SharedCpus& operator=(const SharedCpus&) = delete;

  std::span<engine::CpuWord> words() const { return words_; }

 private:
  std::span<engine::CpuWord> words_;
};

}  // namespace skep::sys
