// What runs a sheet: skep's engines, and the running kernel.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/types.h"
#include "tests/grid/sheet.h"

namespace skep::grid {

using Words = std::vector<u64>;  // a context

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const char* name() const = 0;
  // 0, or a positive errno.
  virtual int load(const Sheet& sheet) = 0;
  // Runs what was loaded on a context, which becomes what the program left there. "", or what went wrong.
  virtual std::string run(Words& ctx) = 0;
};

// They share a kernel: what one loads, the next need not. `map`: an array of one value of kMapValue bytes for memory().
struct Engines {
  std::vector<std::unique_ptr<Engine>> of_skep;  // interpreter, JIT, checked interpreter
  int map = -1;
  std::unique_ptr<Engine> live;  // null: bpf(2) does not answer, or it is another kernel than the recorded one
  int live_map = -1;
};
Engines make_engines();

}  // namespace skep::grid
