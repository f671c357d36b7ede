// See executables.h.
#include "sys/executables.h"

#include <cerrno>

#include "engine/jit/jit.h"
#include "sys/attr.h"
#include "sys/import.h"
#include "sys/verified.h"

namespace skep::sys {
namespace {

const engine::Engine& engine_of(EngineKind kind) {
  switch (kind) {
    case EngineKind::Jit: return engine::jit();
    case EngineKind::Interp: break;
    case EngineKind::Checked: return engine::checked_interpreter();
  }
  return engine::interpreter();
}

// The commands that programs may give (Linux: those a loader needs).
long bpf_of_program(Kernel& kernel, u32 command, void* attr, u32 size) {
  switch (command) {
    case BPF_MAP_CREATE:
    case BPF_MAP_DELETE_ELEM:
    case BPF_MAP_UPDATE_ELEM:
    case BPF_MAP_FREEZE:
    case BPF_MAP_GET_FD_BY_ID:
    case BPF_PROG_LOAD:
    case BPF_BTF_LOAD:
    case BPF_LINK_CREATE:
    case BPF_RAW_TRACEPOINT_OPEN: return kernel.bpf(int(command), attr, size);
    default: return -EINVAL;
  }
}

engine::MachineConfig machine_config(Kernel& kernel, engine::Objects* objects, std::span<engine::CpuWord> cpus) {
  const KernelConfig& config = kernel.config();
  return {.target = config.target,
          .vmlinux = kernel.vmlinux(),
          .objects = objects,
          .host = config.host,
          .engine = &engine_of(config.engine),
          .heap = kernel.heap(),
          .trace = config.trace,
          .perf = config.perf,
          .bpf = [&kernel](u32 command, void* attr, u32 size) { return bpf_of_program(kernel, command, attr, size); },
          .cpus = cpus,
          .deterministic = config.deterministic,
          .seed = config.seed,
          .budget = config.budget,
          .on_stop = config.on_stop};
}

}  // namespace

Executables::Executables(Kernel& kernel)
    : kernel_(kernel),
      cpus_(kernel.config().shared.get(), kernel.target().possible_cpus()),
      machine_(machine_config(kernel, this, cpus_.words())) {}

std::shared_ptr<engine::MapHandle> Executables::handle_of(const std::shared_ptr<map::Map>& map) {
  std::lock_guard lock(mutex_);
  auto& handle = maps_[map->meta().id];
  if (!handle || handle->shared_map() != map) {
    if (handle) replaced_.push_back(handle);  // some map of maps may remember it
    const char* const kernel_struct = kernel_.target().map_rules(map->meta().map_type).kernel_struct;
    handle = std::make_shared<engine::MapHandle>(map, kernel_.vmlinux().get(), kernel_struct);
  }
  return handle;
}

Result<std::unique_ptr<engine::Code>> Executables::linked(ProgObject& prog) {
  auto facts = facts_of(kernel_, prog);
  if (!facts.ok()) return facts.status();
  const engine::HandleOf handle = [this](const map::MapMeta& meta) {
    auto found = import_by_name(kernel_, {ObjectKind::Map, meta.id});
    return found.ok() ? handle_of(found->map) : nullptr;
  };
  auto code = engine::link(*facts, kernel_.target(), handle, kernel_.config().host.get(), kernel_.config().count_insns);
  if (code.ok()) (*code)->prog_id = prog.id();
  return code;
}

Result<std::shared_ptr<const engine::Code>> Executables::code_of(ProgObject& prog) {
  std::lock_guard lock(prog.code_mutex);
  if (prog.code) return prog.code;
  auto code = linked(prog);
  if (!code.ok()) return code.status();
  if (kernel_.config().engine == EngineKind::Jit && !(*code)->counts) engine::compile(**code);
  if (kernel_.config().engine == EngineKind::Checked) {
    auto recorded = record_states(kernel_, prog);
    if (recorded.ok()) (*code)->states = recorded->states;
  }
  prog.code = std::move(*code);
  return prog.code;
}

Result<std::shared_ptr<const engine::Code>> Executables::checked_code_of(ProgObject& prog, Recording* recording) {
  auto code = linked(prog);
  if (!code.ok()) return code.status();
  auto recorded = record_states(kernel_, prog);
  if (!recorded.ok()) return recorded.status();
  (*code)->states = recorded->states;
  if (recording) *recording = std::move(*recorded);
  return std::shared_ptr<const engine::Code>(std::move(*code));
}

engine::MapHandle* Executables::map_by_id(u32 id) {
  {
    std::lock_guard lock(mutex_);
    const auto known = maps_.find(id);
    if (known != maps_.end()) return known->second.get();
  }
  auto found = import_by_name(kernel_, {ObjectKind::Map, id});
  return found.ok() ? handle_of(found->map).get() : nullptr;
}

const engine::Code* Executables::code_by_id(u32 id) {
  {
    std::lock_guard lock(mutex_);
    const auto known = targets_.find(id);
    if (known != targets_.end()) return known->second.get();
  }
  auto found = import_by_name(kernel_, {ObjectKind::Prog, id});
  if (!found.ok()) return nullptr;
  auto code = code_of(*found->prog);
  if (!code.ok()) return nullptr;
  std::lock_guard lock(mutex_);
  return targets_.try_emplace(id, *code).first->second.get();
}

}  // namespace skep::sys
