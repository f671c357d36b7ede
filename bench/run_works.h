// The programs that run_bench runs.
#pragma once

#include "run_world.h"

namespace skep::bench {

// Without helpers: sections "xdp/NAME" of an object file. The first is the empty one.
std::vector<Workload> programs_of(const char* file);
// Net of the empty program, too: callbacks and tail calls.
std::vector<Workload> call_workloads(World& world);

// A helper or map operation a round, net of the loop around them.
Workload plain_loop();
std::vector<Workload> helper_workloads();
std::vector<Workload> map_workloads(World& world);

// The same in a tracepoint's program, which may ask for the current task.
Workload tracepoint_loop();
std::vector<Workload> storage_workloads(World& world);

}  // namespace skep::bench
