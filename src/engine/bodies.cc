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
      map_helpers(),       base_helpers(),     memory_helpers(), text_helpers(),     skb_helpers(),
      skb_shape_helpers(), skb_meta_helpers(), xdp_helpers(),    redirect_helpers(), sock_helpers(),
  };
  for (const auto& table : tables)
    for (const HelperBody& body : table) all[body.id] = body.fn;
  return all;
}

using KfuncTable = std::unordered_map<std::string_view, HelperFn>;

KfuncTable join_kfuncs() {
  const std::span<const KfuncBody> tables[] = {
      section_kfuncs(),
  };
  KfuncTable all;
  for (const auto& table : tables)
    for (const KfuncBody& body : table) all.emplace(body.name, body.fn);
  return all;
}

bool returns_pointer(const Run& run) {
  const u32 id = run.site ? run.site->helper : 0;
  const target::HelperProto* proto = id ? run.machine.target().helper(id) : nullptr;
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
