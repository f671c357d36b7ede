// Helpers about the machine: time, randomness, CPU.
#include <ctime>

#include "engine/bodies.h"

namespace skep::engine {
namespace {

u64 ktime_get_ns(u64, u64, u64, u64, u64, Run& run) { return run.machine.clock_ns(CLOCK_MONOTONIC); }
u64 ktime_get_boot_ns(u64, u64, u64, u64, u64, Run& run) { return run.machine.clock_ns(CLOCK_BOOTTIME); }
u64 ktime_get_coarse_ns(u64, u64, u64, u64, u64, Run& run) { return run.machine.clock_ns(CLOCK_MONOTONIC_COARSE); }
u64 ktime_get_tai_ns(u64, u64, u64, u64, u64, Run& run) { return run.machine.clock_ns(CLOCK_TAI); }
u64 get_prandom_u32(u64, u64, u64, u64, u64, Run& run) { return run.machine.random_u32(); }
u64 get_smp_processor_id(u64, u64, u64, u64, u64, Run& run) { return run.cpu; }
u64 get_numa_node_id(u64, u64, u64, u64, u64, Run&) { return 0; }

constexpr HelperBody kBodies[] = {
    {5, ktime_get_ns},        {7, get_prandom_u32},       {8, get_smp_processor_id}, {42, get_numa_node_id},
    {125, ktime_get_boot_ns}, {160, ktime_get_coarse_ns}, {208, ktime_get_tai_ns},
};

}  // namespace

std::span<const HelperBody> base_helpers() { return kBodies; }

}  // namespace skep::engine
