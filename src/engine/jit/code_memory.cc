// See code_memory.h. The list of regions is read by a signal handler, so it is only ever added to: a node whose code is
// gone waits to be used again.
#include "engine/jit/code_memory.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>

#include "map/shm/guard.h"

namespace skep::engine::native {

// `end` is written last and cleared first: who finds a pc between `start` and `end`, and `end` unchanged afterwards,
// has looked at one region; and a region that is being executed does not go.
struct FaultRegion {
  std::atomic<u64> start = 0, end = 0;
  std::atomic<const FaultRow*> rows = nullptr;
  std::atomic<u64> n_rows = 0;
  FaultRegion* next = nullptr;
};

namespace {

std::atomic<FaultRegion*> regions;
std::mutex regions_mutex;  // of those who change them

const FaultRegion* region_of(u64 pc) {
  for (const FaultRegion* r = regions.load(std::memory_order_acquire); r; r = r->next) {
    const u64 end = r->end.load(std::memory_order_acquire);
    if (pc < end && pc >= r->start.load(std::memory_order_acquire) && r->end.load(std::memory_order_acquire) == end)
      return r;
  }
  return nullptr;
}

#if defined(__x86_64__)
// Where the kernel keeps a machine register, by the register's number.
constexpr int kGreg[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                           REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

// Runs in the signal handler.
bool resume_after_fault(void* context) {
  auto& gregs = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const u64 pc = u64(gregs[REG_RIP]);
  const FaultRegion* const region = region_of(pc);
  if (!region) return false;
  const u64 start = region->start.load(std::memory_order_relaxed);
  const FaultRow* const rows = region->rows.load(std::memory_order_relaxed);
  const FaultRow* const end = rows + region->n_rows.load(std::memory_order_relaxed);
  const FaultRow* const row =
      std::lower_bound(rows, end, u32(pc - start), [](const FaultRow& r, u32 at) { return r.at < at; });
  if (row == end || row->at != u32(pc - start)) return false;
  if (row->zeroed >= 0) gregs[kGreg[row->zeroed]] = 0;
  gregs[REG_RIP] = greg_t(start + row->resume);
  return true;
}
#else
bool resume_after_fault(void*) { return false; }
#endif

FaultRegion* free_region() {
  for (FaultRegion* r = regions.load(std::memory_order_relaxed); r; r = r->next)
    if (r->end.load(std::memory_order_relaxed) == 0) return r;
  auto* const fresh = new FaultRegion;  // never goes: see above
  fresh->next = regions.load(std::memory_order_relaxed);
  regions.store(fresh, std::memory_order_release);
  return fresh;
}

FaultRegion* add_region(u64 start, u64 size, const std::vector<FaultRow>& rows) {
  std::lock_guard lock(regions_mutex);
  FaultRegion* const region = free_region();
  region->rows.store(rows.data(), std::memory_order_relaxed);
  region->n_rows.store(rows.size(), std::memory_order_relaxed);
  region->start.store(start, std::memory_order_release);
  region->end.store(start + size, std::memory_order_release);
  map::set_fault_hook(resume_after_fault);
  return region;
}

void remove_region(FaultRegion& region) {
  std::lock_guard lock(regions_mutex);
  region.end.store(0, std::memory_order_release);
}

}  // namespace

std::unique_ptr<CodeMemory> CodeMemory::make(std::span<const u8> code, std::vector<FaultRow> faults) {
  void* const pages = mmap(nullptr, code.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  std::memcpy(pages, code.data(), code.size());
  if (mprotect(pages, code.size(), PROT_READ | PROT_EXEC) != 0) {
    munmap(pages, code.size());
    return nullptr;
  }
  auto memory = std::unique_ptr<CodeMemory>(new CodeMemory);
  memory->base_ = static_cast<u8*>(pages);
  memory->size_ = code.size();
  memory->faults_ = std::move(faults);
  if (!memory->faults_.empty())
    memory->region_ = add_region(reinterpret_cast<u64>(pages), code.size(), memory->faults_);
  return memory;
}

CodeMemory::~CodeMemory() {
  if (region_) remove_region(*region_);
  munmap(base_, size_);
}

}  // namespace skep::engine::native
