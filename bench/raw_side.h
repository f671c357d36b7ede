// Loads a shape (shapes.h) through bpf(2): into a kernel of ours in this process, or into the running one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "bench/shapes.h"
#include "isa/insn.h"

namespace skep::bench {

// A shape in the form that PROG_LOAD wants, for one side: its map descriptors are in the instructions.
struct Image {
  std::vector<isa::Insn> insns;
  std::vector<u8> btf, func_info, line_info;  // empty without line_info
};

struct Loaded {
  bool decided = false;                    // the verifier came to a verdict
  int error = 0;                           // positive errno, 0: accepted
  u64 insns = 0, states = 0, time_us = 0;  // by its own statistics
  u64 cpu_us = 0;                          // processor time of the whole PROG_LOAD
};

class RawSide {
 public:
  using Bpf = std::function<long(int cmd, void* attr, u32 size)>;

  // A kernel of ours with the running kernel's types where there are some; the running kernel. Null where there is
  // none.
  static std::unique_ptr<RawSide> ours(const std::string& btf_file);
  static std::unique_ptr<RawSide> running();

  // Nothing if the text is wrong.
  std::optional<Image> image(const Shape& shape) const;
  Loaded load(const Image& image);

 private:
  RawSide(Bpf bpf, const std::string& btf_file);
  int make_map(u32 type);

  Bpf bpf_;
  std::map<std::string, s32, std::less<>> maps_, kfuncs_;
  std::vector<char> log_;
};

}  // namespace skep::bench
