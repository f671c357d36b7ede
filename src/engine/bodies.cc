// See bodies.h.
#include "engine/bodies.h"

#include <array>
#include <cerrno>
#include <unordered_map>

namespace skep::engine {
namespace {

std::array<HelperFn, target::kHelperCount> join_helpers() {
  std::array<HelperFn, target::kHelperCount> all{};
  const std::span<const HelperBody> tables[] = {
      async_helpers(),   base_helpers(),         csum_helpers(),     dynptr_helpers(),    lock_helpers(),
      loop_helpers(),    map_helpers(),          memory_helpers(),   perf_helpers(),      redirect_helpers(),
      ringbuf_helpers(), skb_helpers(),          skb_meta_helpers(), skb_shape_helpers(), sock_helpers(),
      storage_helpers(), syscall_helpers(),      trace_helpers(),    task_helpers(),      text_helpers(),
      xdp_helpers(),     current_task_helpers(), object_helpers(),   syncookie_helpers(), verdict_helpers(),
      signal_helpers(),
  };
  for (const auto& table : tables)
    for (const HelperBody& body : table) all[body.id] = body.fn;
  return all;
}

using KfuncTable = std::unordered_map<std::string_view, HelperFn>;

KfuncTable join_kfuncs() {
  const std::span<const KfuncBody> tables[] = {
      arena_kfuncs(),     async_kfuncs(),  dynptr_kfuncs(),  lock_kfuncs(),   section_kfuncs(), text_kfuncs(),
      task_kfuncs(),      cgroup_kfuncs(), cpumask_kfuncs(), object_kfuncs(), graph_kfuncs(),   iter_kfuncs(),
      map_kfuncs(),       stream_kfuncs(), context_kfuncs(), vma_kfuncs(),    xdp_kfuncs(),     nothing_kfuncs(),
      conntrack_kfuncs(), key_kfuncs(),    signal_kfuncs(),
  };
  KfuncTable all;
  for (const auto& table : tables)
    for (const KfuncBody& body : table) all.emplace(body.name, body.fn);
  return all;
}

bool kfunc_returns_pointer(const btf::Btf& kernel, std::string_view name) {
  const u32 id = kernel.find(name, btf::Kind::Func);
  if (id == 0) return false;
  const btf::Type* const proto = kernel.type_by_id(kernel.type_by_id(id)->type());
  const btf::Type* const result = kernel.skip_modifiers(proto->type());
  return result && btf::is_ptr(result);
}

bool returns_pointer(const Run& run) {
  if (!run.site) return false;
  if (run.site->helper == 0)
    return run.machine.vmlinux() && kfunc_returns_pointer(*run.machine.vmlinux(), run.site->fact->kfunc);
  const target::HelperProto* proto = run.machine.target().helper(run.site->helper);
  return proto && proto->ret.kind != target::RetKind::Integer && proto->ret.kind != target::RetKind::Void;
}

}  // namespace

HelperFn helper_body(u32 id) {
  static const auto all = join_helpers();
  return id < all.size() ? all[id] : nullptr;
}

HelperFn kfunc_body(std::string_view name) {
  static const KfuncTable all = join_kfuncs();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

u64 missing_body(u64, u64, u64, u64, u64, Run& run) { return returns_pointer(run) ? 0 : u64(-EOPNOTSUPP); }

}  // namespace skep::engine
