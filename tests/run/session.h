// One side of a comparison: someone who answers bpf(2), ours or the running kernel, and the program it is asked to run.
// A question is a line of text, and so is the answer (README.md has the language).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/testing.h"

namespace skep::runs {

using Words = std::map<std::string, std::string, std::less<>>;  // NAME=VALUE of a line

class Session {
 public:
  // `types`: the kernel's, to find what tracing programs attach to; may be null.
  Session(sys::Asker asker, std::shared_ptr<const btf::Btf> types);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Does what the line says and tells what came of it.
  std::string run(std::string_view line);
  // Calls of bpf(2) so far.
  u64 calls() const { return calls_; }

 private:
  std::string load(std::string_view type, const Words& words, std::string_view text);
  std::string test_run(const Words& words);

  sys::Asker asker_;
  std::shared_ptr<const btf::Btf> types_;
  int prog_ = -1;
  u64 calls_ = 0;
};

}  // namespace skep::runs
