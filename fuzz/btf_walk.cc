// Segments about pointers to the kernel's structs: arguments of a context with BTF, the current task, casts; followed
// along members that the running kernel's types offer, in RCU sections and outside.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;
using btf::Kind;

namespace {

// Members worth going along: some are RCU protected, some trusted, most neither.
constexpr std::string_view kFavourites[] = {
    "real_parent", "parent", "group_leader", "last_wakee", "cgroups", "mm",       "files",     "signal",
    "cpus_ptr",    "pid",    "flags",        "comm",       "cred",    "exe_file", "f_inode",   "d_inode",
    "f_path",      "sk",     "dfl_cgrp",     "kn",         "self",    "skc_prot", "next_task", "seq"};

struct Place {
  u32 off = 0, type = 0;  // bytes; type after modifiers
};

const btf::Member& choose_member(Gen& g, const btf::Btf& types, const btf::Type* t) {
  const auto members = types.members(t);
  if (g.rng.chance(60)) {
    const std::string_view wanted = g.rng.pick(kFavourites);
    for (const btf::Member& m : members)
      if (types.string_at(m.name_off) == wanted) return m;
  }
  const btf::Member* best = &members[g.rng.below(u32(members.size()))];
  for (int tries = 0; tries < 4 && types.skip_modifiers(best->type)->kind() != Kind::Ptr; tries++)
    best = &members[g.rng.below(u32(members.size()))];
  return *best;
}

// A member of the struct, or of a struct in it, or an element of an array in it.
Place choose_place(Gen& g, u32 struct_id) {
  const btf::Btf& types = *g.world.kernel;
  Place at{0, struct_id};
  for (int depth = 0; depth < 8; depth++) {
    u32 id = at.type;
    const btf::Type* t = types.skip_modifiers(at.type, &id);
    at.type = id;
    if (t->kind() == Kind::Array) {
      const btf::Array& array = types.array(t);
      const u32 size = types.resolve_size(array.type).value_or(1);
      at.off += size * (array.nelems ? g.rng.below(std::min(array.nelems, 4u)) : 0);
      at.type = array.type;
      continue;
    }
    if (!btf::is_struct(t) || types.members(t).empty()) return at;
    const btf::Member& m = choose_member(g, types, t);
    at.off += btf::Btf::member_bit_offset(t, m) / 8;
    at.type = m.type;
  }
  return at;
}

u8 size_of(Gen& g, const btf::Btf& types, u32 type) {
  if (g.slip()) return g.size_code();
  switch (types.resolve_size(type).value_or(8)) {
    case 1: return BPF_B;
    case 2: return BPF_H;
    case 4: return BPF_W;
    default: return BPF_DW;
  }
}

}  // namespace

u32 walk_struct(Gen& g, int reg, u32 struct_id, int loads) {
  const btf::Btf& types = *g.world.kernel;
  for (int i = 0; i < loads; i++) {
    const Place at = choose_place(g, struct_id);
    if (at.off > 0x7000) return 0;
    const btf::Type* t = types.type_by_id(at.type);
    const int off = int(at.off) + (g.slip() ? g.rng.pick({1, 4, 8, -8}) : 0);
    u32 pointee = 0;
    const bool is_struct_pointer = t && t->kind() == Kind::Ptr && types.resolve_ptr(at.type, &pointee) &&
                                   btf::is_struct(types.type_by_id(pointee));
    if (!is_struct_pointer) {
      g.code.ldx(size_of(g, types, at.type), 3, reg, off);
      if (i + 1 < loads && g.rng.chance(70)) continue;
      return 0;
    }
    g.code.ldx(BPF_DW, 8, reg, off);
    reg = 8;
    struct_id = pointee;
    if (g.rng.chance(75)) g.code.jmp(BPF_JEQ, 8, 0, g.leave);
  }
  return struct_id;
}

namespace {

struct Walks {
  // Struct ids of the arguments of a context with BTF; 0 for what is no struct pointer.
  static std::vector<u32> arguments(Gen& g) {
    const btf::Btf& types = *g.world.kernel;
    const btf::Type* t = types.type_by_id(g.out.attach_btf_id);
    bool skip_first = false;
    if (t->kind() == Kind::Typedef) {  // btf_trace_NAME: void (*)(void *, ...)
      t = types.resolve_ptr(t->type());
      skip_first = true;
    } else if (t->kind() == Kind::Func) {
      t = types.type_by_id(t->type());
    } else if (t->kind() == Kind::Struct) {
      const auto members = types.members(t);
      if (g.profile.attach_type >= members.size()) return {};
      t = types.resolve_ptr(members[g.profile.attach_type].type);
    }
    std::vector<u32> ids;
    if (!t || t->kind() != Kind::FuncProto) return ids;
    for (const btf::Param& param : types.params(t)) {
      u32 id = 0;
      const btf::Type* pointee = types.resolve_ptr(param.type, &id);
      ids.push_back(pointee && btf::is_struct(pointee) ? id : 0);
    }
    if (skip_first && !ids.empty()) ids.erase(ids.begin());
    return ids;
  }

  // r8 = a pointer to a struct, whose id is returned; 0: none is to be had.
  static u32 source(Gen& g) {
    const btf::Btf& types = *g.world.kernel;
    for (;;) switch (g.rng.below(5)) {
        case 0:
        case 1: {
          if (!g.has(kBtfContext) || g.frame) continue;
          const std::vector<u32> ids = arguments(g);
          if (ids.empty()) continue;
          const u32 n = g.rng.below(u32(ids.size()));
          g.code.ldx(BPF_DW, 8, 6, int(8 * n) + (g.slip() ? g.rng.pick({4, 8, 16}) : 0));
          if (g.profile.maybe_null && n > 0 && !g.slip()) g.code.jmp(BPF_JEQ, 8, 0, g.leave);
          return ids[n];
        }
        case 2:
          if (!g.has(kTasks)) continue;
          g.code.call(kCurrentTask);
          g.code.movx(8, 0);
          return types.find("task_struct", Kind::Struct);
        case 3: {
          const u32 id = types.find(g.rng.pick({"task_struct", "sock", "file", "sk_buff", "cgroup"}), Kind::Struct);
          g.code.movx(1, g.rng.pick({6, 7, 9}));
          g.code.mov(2, id);
          g.kfunc(kRdonlyCast);
          g.code.movx(8, 0);
          return id;
        }
        default:
          if (g.profile.kernel_ctx.empty() || g.frame) continue;
          g.code.movx(1, 6);
          g.kfunc(kCastToKernCtx);
          g.code.movx(8, 0);
          return types.find(g.profile.kernel_ctx, Kind::Struct);
      }
  }

  // Uses of a pointer to a struct.
  static void use(Gen& g, u32 id) {
    const std::string_view name = g.world.kernel->name_of(id);
    switch (g.rng.below(6)) {
      case 0: {
        const bool task = name == "task_struct", group = name == "cgroup";
        if ((!task && !group) || !g.has(kGeneric)) break;
        const Label none = g.code.label();
        g.code.movx(1, 8);
        g.kfunc(task ? kTaskAcquire : kCgroupAcquire);
        if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, none);
        g.code.movx(1, 0);
        if (!g.slip()) g.kfunc(task ? kTaskRelease : kCgroupRelease);
        return g.code.bind(none);
      }
      case 1:
        if (g.slip()) return g.code.st(BPF_W, 8, 0, 0);
        break;
      case 2:
        if (!g.slip()) break;
        g.code.alux(BPF_ADD, 8, 7);
        return g.code.ldx(BPF_W, 3, 8, 0);
      case 3: {
        const int s = g.slot();
        g.code.stx(BPF_DW, kFramePtr, s, 8);
        g.checkpoint();
        g.code.ldx(BPF_DW, 8, kFramePtr, s);
        break;
      }
      case 4: {  // into a static subprogram
        const Label callee = g.defer(FuncKind::Static, [&g, id] {
          g.frame++;
          g.code.movx(8, 1);
          walk_struct(g, 8, id, 1);
          g.code.bind(g.leave);
          g.code.mov(0, 0);
          g.code.exit();
          g.frame--;
        });
        g.code.movx(1, 8);
        return g.code.call(callee);
      }
      default: break;
    }
    walk_struct(g, 8, id, g.rng.range(1, 2));
  }

  static void walk(Gen& g) {
    const u32 id = source(g);
    if (id == 0) return g.code.ldx(BPF_B, 3, 8, 0);
    const bool section = g.rng.chance(30);
    const int s = g.fresh_slot();
    if (g.rng.chance(30)) {  // two ways to have a pointer
      g.code.stx(BPF_DW, kFramePtr, s, 8);
      const Label join = g.code.label();
      g.unknown(7);
      g.condition(7, join);
      walk_struct(g, 8, id, 1);
      g.code.ldx(BPF_DW, 8, kFramePtr, s);
      g.code.bind(join);
      g.checkpoint();
    }
    if (section) {  // no early way out of it
      const Label outer = g.leave;
      g.leave = g.code.label();
      g.kfunc(kRcuLock);
      const u32 reached = walk_struct(g, 8, id, g.rng.range(1, 3));
      if (reached) use(g, reached);
      g.code.bind(g.leave);
      g.leave = outer;
      if (!g.slip()) g.kfunc(kRcuUnlock);
      if (g.slip() && reached) g.code.ldx(BPF_W, 3, 8, 0);
      return;
    }
    const u32 reached = walk_struct(g, 8, id, g.rng.range(1, 3));
    if (reached) use(g, reached);
  }
  // Arguments as they are: no comparison, which might be a 32-bit one of a pointer.
  static void plain_argument(Gen& g) {
    if (g.frame) return;
    g.code.ldx(g.rng.chance(90) ? BPF_DW : g.size_code(), 7, 6, 8 * g.rng.range(0, g.slip() ? 9 : 3));
    g.doubt();
  }
  static void kmem_cache(Gen& g) {
    g.code.movx(1, g.rng.pick({7, 9}));
    g.kfunc(kKmemCache);
    g.code.movx(8, 0);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 8, 0, g.leave);
    walk_struct(g, 8, g.world.kernel->find("kmem_cache", Kind::Struct), 2);
  }
};

}  // namespace

std::span<const SegmentRow> btf_segments() {
  using W = Walks;
  static constexpr SegmentRow kRows[] = {
      {20, 0, W::walk}, {30, kBtfContext, W::walk}, {6, kBtfContext, W::plain_argument}, {2, 0, W::kmem_cache}};
  return kRows;
}

}  // namespace skep::fuzz
