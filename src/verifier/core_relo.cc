// See core_relo.h. Each record is read, its spec matched against the kernel's types of that name, the value computed on
// both sides, and the instruction patched: or poisoned, if what it accesses is not there.
#include "verifier/core_relo.h"

#include <algorithm>
#include <cstring>

#include "verifier/core_spec.h"
#include "verifier/info_blob.h"

namespace skep::verifier {

namespace {

constexpr s32 kPoisonHelper = 195896080;  // 0xbad2310: "bad relo"
constexpr int kPoison = -EUCLEAN;         // the value does not exist: poison the instruction
constexpr u32 kMaxAccess = 8;             // bytes

// UAPI struct bpf_core_relo.
struct CoreRelo {
  u32 insn_off;  // bytes
  u32 type_id;
  u32 access_str_off;
  u32 kind;
};

// What a relocation is worth on one side.
struct CoreValue {
  u64 value = 0;
  u32 size = 0;          // bytes of a field that can be loaded as it is, else 0
  u32 type_id = 0;       // of that field
  bool validate = true;  // the instruction must hold the local value now
};

// A relocation's outcome.
struct CoreResult {
  u64 orig = 0, value = 0;
  u32 orig_size = 0, size = 0;
  bool poison = false, validate = true;
  bool bad_mem_size = false;  // the field's size changed and its type is not one that may
};

bool is_signed(const btf::Btf& types, const btf::Type* t) {
  if (btf::is_any_enum(t)) return t->kflag();
  return btf::is_int(t) && (types.int_data(t) >> 24 & btf::BTF_INT_SIGNED);
}

// One relocation being applied.
class Relocation {
 public:
  Relocation(Env& env, const CoreRelo& relo, u32 index)
      : env_(env), relo_(relo), index_(index), insn_(int(relo.insn_off / sizeof(isa::Insn))) {}

  int apply();

 private:
  CoreKind kind() const { return CoreKind(relo_.kind); }
  const btf::Btf& local() const { return *env_.prog_btf(); }
  template <typename... Args>
  void say(fmt::format_string<Args...> text, Args&&... args) {
    env_.log.print("prog '': relo #{}: {}\n", index_, fmt::format(text, std::forward<Args>(args)...));
  }

  std::vector<u32> candidates(std::string_view name) const;
  int resolve(const std::vector<u32>& candidates, CoreResult& result);
  int choose(const CoreSpec& local, const std::vector<u32>& candidates, CoreResult& result);
  int value_of(const CoreSpec* spec, CoreValue& value);
  int field_value(const CoreSpec& spec, CoreValue& value);
  int element_value(const CoreSpec& spec, CoreValue& value);
  int type_value(const CoreSpec* spec, CoreValue& value);
  int enum_value(const CoreSpec* spec, CoreValue& value);
  int compute(const CoreSpec& local, const CoreSpec* target, CoreResult& result);
  bool may_resize(const CoreSpec& local, u32 local_id, const CoreSpec& target, u32 target_id) const;

  int patch(const CoreResult& result);
  int patch_alu(isa::Insn& insn, const CoreResult& result);
  int patch_mem(isa::Insn& insn, const CoreResult& result);
  int patch_mem_size(isa::Insn& insn, const CoreResult& result);
  int patch_imm64(isa::Insn* insn, const CoreResult& result);
  int poison();
  void poison_insn(int at);

  Env& env_;
  const CoreRelo& relo_;
  u32 index_;
  int insn_;
};

// --- values -------------------------------------------------------------------------------------------------------

int Relocation::element_value(const CoreSpec& spec, CoreValue& value) {
  u32 id = spec.steps.back().type_id;
  auto size = spec.types->resolve_size(id);
  if (!size) return -EINVAL;
  if (kind() == CoreKind::FieldByteOffset) {
    value.value = spec.bit_offset / 8;
    value.size = *size;
    value.type_id = id;
  } else if (kind() == CoreKind::FieldByteSize) {
    value.value = *size;
  } else {
    env_.log.print("prog '': relo {} at insn #{} can't be applied to array access\n", relo_.kind, insn_);
    return -EINVAL;
  }
  return 0;
}

int Relocation::field_value(const CoreSpec& spec, CoreValue& value) {
  const btf::Btf& types = *spec.types;
  const CoreSpec::Step& step = spec.steps.back();
  if (step.name.empty()) return element_value(spec, value);
  const btf::Type* parent = types.type_by_id(step.type_id);
  const btf::Member& member = types.members(parent)[step.index];
  u32 field_id = 0;
  const btf::Type* t = types.skip_modifiers(member.type, &field_id);
  u32 bits = btf::Btf::member_bitfield_size(parent, member);
  const bool bitfield = bits;
  auto size = t ? types.resolve_size(field_id) : std::nullopt;
  if (!size) return -EINVAL;
  u32 bytes = *size, off = spec.bit_offset / 8;
  if (bitfield) {
    // The smallest aligned load that has all of its bits.
    off = off / bytes * bytes;
    while (spec.bit_offset + bits - off * 8 > bytes * 8) {
      if (bytes >= kMaxAccess) {
        env_.log.print("prog '': relo {} at insn #{} cannot be satisfied for bitfield\n", relo_.kind, insn_);
        return -E2BIG;
      }
      bytes *= 2;
      off = spec.bit_offset / 8 / bytes * bytes;
    }
  } else {
    bits = bytes * 8;
  }
  value.validate = !bitfield;
  switch (kind()) {
    case CoreKind::FieldByteOffset:
      value.value = off;
      if (!bitfield) {
        value.size = bytes;
        value.type_id = field_id;
      }
      return 0;
    case CoreKind::FieldByteSize: value.value = bytes; return 0;
    case CoreKind::FieldSigned:
      value.value = is_signed(types, t);
      value.validate = true;
      return 0;
    case CoreKind::FieldLshiftU64: value.value = 64 - (spec.bit_offset + bits - off * 8); return 0;
    case CoreKind::FieldRshiftU64:
      value.value = 64 - bits;
      value.validate = true;
      return 0;
    default: return -EOPNOTSUPP;
  }
}

// Types that are not there count as 0.
int Relocation::type_value(const CoreSpec* spec, CoreValue& value) {
  if (!spec) return 0;
  switch (kind()) {
    case CoreKind::TypeIdTarget:
      value.value = spec->root_id;
      value.validate = false;  // nobody knows it before
      return 0;
    case CoreKind::TypeExists:
    case CoreKind::TypeMatches: value.value = 1; return 0;
    case CoreKind::TypeSize: {
      auto size = spec->types->resolve_size(spec->root_id);
      if (!size) return -EINVAL;
      value.value = *size;
      return 0;
    }
    default: return -EOPNOTSUPP;
  }
}

int Relocation::enum_value(const CoreSpec* spec, CoreValue& value) {
  if (kind() == CoreKind::EnumvalExists) {
    value.value = spec != nullptr;
    return 0;
  }
  if (!spec) return kPoison;
  const btf::Type* t = spec->types->type_by_id(spec->steps[0].type_id);
  u32 i = spec->steps[0].index;
  if (t->kind() == btf::Kind::Enum) {
    value.value = u64(s64{spec->types->enum_values(t)[i].val});
  } else {
    const btf::Enum64Value& v = spec->types->enum64_values(t)[i];
    value.value = u64{v.val_hi32} << 32 | v.val_lo32;
  }
  return 0;
}

int Relocation::value_of(const CoreSpec* spec, CoreValue& value) {
  if (is_core_type(kind())) return type_value(spec, value);
  if (is_core_enumval(kind())) return enum_value(spec, value);
  if (kind() == CoreKind::FieldExists) {
    value.value = spec != nullptr;
    return 0;
  }
  return spec ? field_value(*spec, value) : kPoison;
}

// Pointers and unsigned integers keep their value when they are loaded with another size.
bool Relocation::may_resize(const CoreSpec& local, u32 local_id, const CoreSpec& target, u32 target_id) const {
  const btf::Type* from = local.types->skip_modifiers(local_id);
  const btf::Type* to = target.types->skip_modifiers(target_id);
  if (!from || !to) return false;
  if (btf::is_ptr(from) && btf::is_ptr(to)) return true;
  auto unsigned_int = [](const btf::Btf& types, const btf::Type* t) {
    return btf::is_int(t) && types.int_data(t) >> 24 != btf::BTF_INT_SIGNED;
  };
  return unsigned_int(*local.types, from) && unsigned_int(*target.types, to);
}

int Relocation::compute(const CoreSpec& local, const CoreSpec* target, CoreResult& result) {
  CoreValue orig, value;
  int err = value_of(&local, orig);
  if (!err) err = value_of(target, value);
  result = {orig.value, value.value, orig.size, value.size, false, orig.validate, false};
  if (!err && target && orig.size != value.size && kind() == CoreKind::FieldByteOffset) {
    result.bad_mem_size = !may_resize(local, orig.type_id, *target, value.type_id);
    if (result.bad_mem_size) result.orig_size = result.size = 0;
  }
  if (err == kPoison) {
    result.poison = true;
    return 0;
  }
  if (err == -EOPNOTSUPP)
    say("unrecognized CO-RE relocation {} ({}) at insn #{}", core_kind_name(kind()), relo_.kind, insn_);
  return err;
}

// --- matching -----------------------------------------------------------------------------------------------------

std::vector<u32> Relocation::candidates(std::string_view name) const {
  const btf::Type* type = local().type_by_id(relo_.type_id);
  return env_.vmlinux()->find_all_flavors(core_essential_name(name), type->kind());
}

// All candidates that match must agree.
int Relocation::choose(const CoreSpec& local, const std::vector<u32>& candidates, CoreResult& result) {
  bool found = false;
  u32 bit_offset = 0;
  for (size_t i = 0; i < candidates.size(); i++) {
    CoreSpec spec;
    int match = match_core_spec(local, *env_.vmlinux(), candidates[i], spec);
    if (match < 0) {
      say("error matching candidate #{} {}: {}", i, spec.text(), match);
      return match;
    }
    say("{} candidate #{} {}", match ? "matching" : "non-matching", i, spec.text());
    if (!match) continue;
    CoreResult mine;
    if (int err = compute(local, &spec, mine)) return err;
    if (found && spec.bit_offset != bit_offset) {
      say("field offset ambiguity: {} != {}", spec.bit_offset, bit_offset);
      return -EINVAL;
    }
    if (found && (mine.poison != result.poison || mine.value != result.value)) {
      auto word = [](const CoreResult& r) { return r.poison ? "failure" : "success"; };
      say("relocation decision ambiguity: {} {} != {} {}", word(mine), mine.value, word(result), result.value);
      return -EINVAL;
    }
    result = mine;
    bit_offset = spec.bit_offset;
    found = true;
  }
  if (found) return 0;
  say("no matching targets found");
  return compute(local, nullptr, result);
}

int Relocation::resolve(const std::vector<u32>& candidates, CoreResult& result) {
  const btf::Type* type = local().type_by_id(relo_.type_id);
  std::string_view name = local().name_of(type), access = local().string_at(relo_.access_str_off);
  CoreSpec spec;
  std::string warning;
  if (int err = parse_core_spec(local(), relo_.type_id, access, kind(), spec, warning)) {
    env_.log.print("{}", warning);
    say("parsing [{}] {} {} + {} failed: {}", relo_.type_id, btf::kind_name(type), name.empty() ? "<anon>" : name,
        access, err);
    return -EINVAL;
  }
  say("{}", spec.text());
  if (kind() == CoreKind::TypeIdLocal) {
    result.value = result.orig = relo_.type_id;
    result.validate = false;
    return 0;
  }
  return choose(spec, candidates, result);
}

// --- patching -----------------------------------------------------------------------------------------------------

void Relocation::poison_insn(int at) {
  say("substituting insn #{} w/ invalid insn", at);
  env_.insns[at] = {isa::BPF_JMP | isa::BPF_CALL, 0, 0, 0, kPoisonHelper};
}

// A call that no kernel has: rejected only if the walk gets there.
int Relocation::poison() {
  if (isa::is_ldimm64(env_.insns[insn_]) && insn_ + 1 < int(env_.insns.size())) poison_insn(insn_ + 1);
  poison_insn(insn_);
  return 0;
}

int Relocation::patch_alu(isa::Insn& insn, const CoreResult& result) {
  if (isa::insn_is_x(insn.code)) return -EINVAL;
  u64 now = u64(s64{insn.imm});
  if (result.validate && now != result.orig) {
    say("unexpected insn #{} (ALU/ALU64) value: got {}, exp {} -> {}", insn_, u32(insn.imm), result.orig, result.value);
    return -EINVAL;
  }
  insn.imm = s32(result.value);
  say("patched insn #{} (ALU/ALU64) imm {} -> {}", insn_, now, result.value);
  return 0;
}

int Relocation::patch_mem_size(isa::Insn& insn, const CoreResult& result) {
  u32 now = u32(isa::size_bytes(insn.code));
  if (now != result.orig_size) {
    say("insn #{} (LDX/ST/STX) unexpected mem size: got {}, exp {}", insn_, now, result.orig_size);
    return -EINVAL;
  }
  u8 size;
  switch (result.size) {
    case 1: size = isa::BPF_B; break;
    case 2: size = isa::BPF_H; break;
    case 4: size = isa::BPF_W; break;
    case 8: size = isa::BPF_DW; break;
    default: say("insn #{} (LDX/ST/STX) invalid new mem size: {}", insn_, result.size); return -EINVAL;
  }
  insn.code = u8(isa::insn_mode(insn.code) | size | isa::insn_class(insn.code));
  say("patched insn #{} (LDX/ST/STX) mem_sz {} -> {}", insn_, result.orig_size, result.size);
  return 0;
}

int Relocation::patch_mem(isa::Insn& insn, const CoreResult& result) {
  u64 now = u64(s64{insn.off});
  if (result.validate && now != result.orig) {
    say("unexpected insn #{} (LDX/ST/STX) value: got {}, exp {} -> {}", insn_, u32(insn.off), result.orig,
        result.value);
    return -EINVAL;
  }
  if (result.value > INT16_MAX) {
    say("insn #{} (LDX/ST/STX) value too big: {}", insn_, result.value);
    return -ERANGE;
  }
  if (result.bad_mem_size) {
    say("insn #{} (LDX/ST/STX) accesses field incorrectly. Make sure you are accessing pointers, unsigned integers, or "
        "fields of matching type and size.",
        insn_);
    return poison();
  }
  insn.off = s16(result.value);
  say("patched insn #{} (LDX/ST/STX) off {} -> {}", insn_, now, result.value);
  return result.size == result.orig_size ? 0 : patch_mem_size(insn, result);
}

int Relocation::patch_imm64(isa::Insn* insn, const CoreResult& result) {
  bool whole = insn_ + 1 < int(env_.insns.size());
  if (!isa::is_ldimm64(*insn) || insn->src || insn->off || !whole || insn[1].code || insn[1].dst || insn[1].src ||
      insn[1].off) {
    say("insn #{} (LDIMM64) has unexpected form", insn_);
    return -EINVAL;
  }
  u64 now = isa::ldimm64_value(insn);
  if (result.validate && now != result.orig) {
    say("unexpected insn #{} (LDIMM64) value: got {}, exp {} -> {}", insn_, now, result.orig, result.value);
    return -EINVAL;
  }
  insn[0].imm = s32(u32(result.value));
  insn[1].imm = s32(u32(result.value >> 32));
  say("patched insn #{} (LDIMM64) imm64 {} -> {}", insn_, now, result.value);
  return 0;
}

int Relocation::patch(const CoreResult& result) {
  isa::Insn& insn = env_.insns[insn_];
  if (result.poison) return poison();
  switch (isa::insn_class(insn.code)) {
    case isa::BPF_ALU:
    case isa::BPF_ALU64: return patch_alu(insn, result);
    case isa::BPF_LDX:
    case isa::BPF_ST:
    case isa::BPF_STX: return patch_mem(insn, result);
    case isa::BPF_LD: return patch_imm64(&insn, result);
    default:
      say("trying to relocate unrecognized insn #{}, code:{:#x}, src:{:#x}, dst:{:#x}, off:{:#x}, imm:{:#x}", insn_,
          insn.code, u8(insn.src), u8(insn.dst), u32(insn.off), u32(insn.imm));
      return -EINVAL;
  }
}

int Relocation::apply() {
  const btf::Type* type = local().type_by_id(relo_.type_id);
  if (!type) return env_.reject(diag::CoreReloTypeId{}, index_, relo_.type_id).error();
  std::vector<u32> found;
  if (kind() != CoreKind::TypeIdLocal) {
    std::string_view name = local().name_of(type);
    if (name.empty() || !env_.vmlinux()) return env_.reject(diag::CoreCandidatesFailed{}, relo_.type_id).error();
    found = candidates(name);
  }
  for (u32 id : found) {
    const btf::Type* t = env_.vmlinux()->type_by_id(id);
    env_.log.print("CO-RE relocating {} {}: found target candidate [{}]\n", btf::kind_name(t),
                   env_.vmlinux()->name_of(t), id);
  }
  CoreResult result;
  int err = resolve(found, result);
  return -(err ? err : patch(result));
}

Outcome check_relo(Env& env, const CoreRelo& relo, u32 i) {
  constexpr u32 kInsn = sizeof(isa::Insn);
  if (relo.insn_off % kInsn || relo.insn_off / kInsn >= env.insns.size())
    return env.reject(diag::CoreReloInsnOff{}, i, relo.insn_off, env.insns.size());
  int error = Relocation(env, relo, i).apply();
  return error ? Outcome::error(error) : kOk;
}

}  // namespace

Outcome apply_core_relos(Env& env) {
  const InfoBlob& blob = env.program.core_relo;
  if (!blob.cnt) return kOk;
  if (!rec_size_ok(blob.rec_size, sizeof(CoreRelo))) return env.reject(diag::SilentCoreReloRecSize{});
  for (u32 i = 0; i < blob.cnt; i++) {
    auto relo = read_record<CoreRelo>(blob, i);
    if (!relo) return env.reject(diag::CoreReloTail{});
    SKEP_TRY(check_relo(env, *relo, i));
  }
  return kOk;
}

}  // namespace skep::verifier
