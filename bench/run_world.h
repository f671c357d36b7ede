// Where run_bench runs programs: our kernel with its engines, and the running one.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "isa/insn.h"
#include "sys/executables.h"

namespace skep::bench {

enum Side { kJit, kInterp, kKernel, kSides };

// A program, once per side: they differ by the descriptors of maps.
struct Workload {
  std::string name;
  std::array<std::vector<isa::Insn>, kSides> insns = {};
  double units = 1;              // what the net time of a run is divided by
  u32 type = BPF_PROG_TYPE_XDP;  // or BPF_PROG_TYPE_RAW_TRACEPOINT
  u32 callback = 0;              // where a function begins that is no global one; 0: there is none
  u32 most_runs = 400'000;       // between two calls of `prepare`
  bool same_result = true;       // the kernel's is ours
  std::function<void(Side, long prog)> loaded = {};
  std::function<void(Side)> prepare = {};
};

struct MapShape {
  const char* name = "";
  u32 type = 0, key_size = 0, value_size = 0, flags = 0;
  u32 entries = 10000;
  bool filled = true;               // with keys 0 to entries - 1
  bool typed = false;               // has BTF: int and u64
  const MapShape* inner = nullptr;  // of maps: like this one, eight of them
};

double cpu_ns();
double median(std::vector<double> values);

class World {
 public:
  World();

  long bpf(Side side, int cmd, void* attr, u32 size);
  // -errno, or a map's descriptor.
  long make_map(Side side, const MapShape& shape);
  std::array<long, kSides> make_maps(const MapShape& shape);
  long update(Side side, long map, const void* key, const void* value);
  long load(Side side, const Workload& work);
  // Processor time in ns of `repeat` runs, < 0: it does not run; the result of the last.
  double time(Side side, const Workload& work, long prog, u32 repeat, u32& result);
  // The code that our engines run.
  std::shared_ptr<const engine::Code> code(long prog);

 private:
  double kernel_xdp_time(long prog, u32 repeat, u32& result);
  double kernel_tracepoint_time(long prog, u32 repeat, u32& result);
  double our_time(Side side, const Workload& work, long prog, u32 repeat, u32& result);
  long make_btf(Side side);
  long fill(Side side, long map, const MapShape& shape);

  std::vector<u8> packet_;
  std::vector<u8> perf_ring_ = std::vector<u8>(1 << 16);
  size_t perf_at_ = 0;
  sys::Kernel kernel_;
};

}  // namespace skep::bench
