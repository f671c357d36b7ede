// Printing of states (spec: log-format.md 3): registers, ranges, stack slots.
#include "verifier/print_state.h"

#include <algorithm>

#include "isa/disasm.h"

namespace skep::verifier {

namespace {

// Addresses that the kernel would print: one token per kind, so that logs do not vary.
constexpr u64 kMapAddressToken = 0xffff888000000000;
constexpr u64 kKernelSymbolToken = 0xffffffff81000000;

// The signed rule: short decimals, else hexadecimal.
std::string snum(s64 v) { return v >= -32768 && v <= 32767 ? fmt::format("{}", v) : fmt::format("{:#x}", u64(v)); }
std::string unum(u64 v) { return v <= 65535 ? fmt::format("{}", v) : fmt::format("{:#x}", v); }

// A log print is limited to 1023 bytes, a state is not: the kernel prints it in pieces.
void write_long(diag::Log& log, std::string_view text) {
  constexpr size_t kPiece = 1000;
  for (size_t at = 0; at < text.size(); at += kPiece) log.write(text.substr(at, kPiece));
}

// One of the eight range ends, in the order of the log.
struct RangeItem {
  const char* name;
  u64 value;
  bool omit;
  bool is_signed;
  bool negative() const { return is_signed && s64(value) < 0; }
};

u64 print_value_s32(s32 v) { return v >= -32768 && v <= 32767 ? u64(s64(v)) : u64(u32(v)); }

void append_ranges(std::string& out, const domain::Scalar& v, const char*& sep) {
  RangeItem items[8] = {
      {"smin", u64(v.smin), v.smin == INT64_MIN, true},
      {"smax", u64(v.smax), v.smax == INT64_MAX, true},
      {"umin", v.umin, v.umin == 0, false},
      {"umax", v.umax, v.umax == UINT64_MAX, false},
      {"smin32", print_value_s32(v.s32_min), v.s32_min == INT32_MIN, true},
      {"smax32", print_value_s32(v.s32_max), v.s32_max == INT32_MAX, true},
      {"umin32", v.u32_min, v.u32_min == 0, false},
      {"umax32", v.u32_max, v.u32_max == UINT32_MAX, false},
  };
  for (int i = 0; i < 8; i++) {
    if (items[i].omit) continue;
    out += sep;
    out += items[i].name;
    out += '=';
    for (int k = i + 2; k < 8; k += 2) {
      if (items[k].omit || items[k].value != items[i].value || items[k].negative() != items[i].negative()) continue;
      items[k].omit = true;
      out += items[k].name;
      out += '=';
    }
    out += items[i].is_signed ? snum(s64(items[i].value)) : unum(items[i].value);
    sep = ",";
  }
}

bool has_map(const RegState& reg) {
  RegBase base = reg.base();
  return base == CONST_PTR_TO_MAP || base == PTR_TO_MAP_KEY || base == PTR_TO_MAP_VALUE;
}

class Attributes {
 public:
  explicit Attributes(std::string& out) : out_(out) {}
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    out_ += sep_;
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    sep_ = ",";
  }
  void add_ranges(const domain::Scalar& v) { append_ranges(out_, v, sep_); }

 private:
  std::string& out_;
  const char* sep_ = "";
};

void append_attributes(std::string& out, const RegState& reg) {
  Attributes attrs(out);
  bool linked = reg.is_scalar() && (reg.id & BPF_ADD_CONST);
  if (reg.id) attrs.add("id={}", reg.base_id());
  if (linked) out += fmt::format("{:+}", reg.off);
  if (reg.ref_obj_id) attrs.add("ref_obj_id={}", reg.ref_obj_id);
  if (type_flag(reg.type) & NON_OWN_REF) attrs.add("non_own_ref");
  if (has_map(reg)) {
    if (!reg.map.ptr->name.empty()) attrs.add("map={}", reg.map.ptr->name);
    attrs.add("ks={},vs={}", reg.map.ptr->key_size, reg.map.ptr->value_size);
  }
  if (!reg.is_scalar() && reg.off) attrs.add("off={}", snum(reg.off));
  if (reg.is_pkt_pointer()) attrs.add("r={}", unum(u64(s64(reg.pkt.range))));
  if (reg.base() == PTR_TO_MEM) attrs.add("sz={}", unum(reg.mem.size));
  if (reg.base() == CONST_PTR_TO_DYNPTR) attrs.add("type={}", dynptr_type_str(reg.dynptr.type));
  if (reg.var.is_const()) {
    if (reg.var.var_off.value) attrs.add("imm={}", snum(s64(reg.var.var_off.value)));
    return;
  }
  attrs.add_ranges(reg.var);
  if (!reg.var.var_off.is_unknown()) attrs.add("var_off={}", tnum_str(reg.var.var_off));
}

void append_reg(std::string& out, const RegState& reg, u32 printed_frame) {
  if (reg.is_scalar() && reg.precise) out += 'P';
  if (reg.is_const_scalar()) {
    out += snum(s64(reg.const_value()));
    return;
  }
  out += reg_type_str(reg.type);
  if (reg.base() == PTR_TO_ARENA) return;
  if (reg.base() == PTR_TO_STACK) {
    if (reg.frameno != printed_frame) out += fmt::format("[{}]", reg.frameno);
    if (reg.var.is_const()) {
      out += snum(s64(reg.var.var_off.value) + reg.off);
      return;
    }
  }
  if (reg.base() == PTR_TO_BTF_ID && reg.btf.types) out += reg.btf.types->name_of(reg.btf.id);
  out += '(';
  append_attributes(out, reg);
  out += ')';
}

constexpr char kSlotChars[] = {'?', 'r', 'm', '0', 'd', 'i', 'f'};

std::string slot_chars(const StackSlot& slot) {
  std::string chars;
  for (u8 type : slot.slot_type) chars += kSlotChars[type];
  return chars;
}

int slot_off(size_t spi) { return -int(spi + 1) * kSlotBytes; }

const char* iter_state_str(IterState state) {
  switch (state) {
    case IterState::Active: return "active";
    case IterState::Drained: return "drained";
    case IterState::Invalid: return "<invalid>";
  }
  return "<unknown>";
}

void append_dynptr(std::string& out, const RegState& reg, size_t spi) {
  out += fmt::format(" fp{}=dynptr_{}(", slot_off(spi), dynptr_type_str(reg.dynptr.type));
  Attributes attrs(out);
  if (reg.id) attrs.add("id={}", reg.id);
  if (reg.ref_obj_id) attrs.add("ref_id={}", reg.ref_obj_id);
  // The kernel prints the word that overlays a slice's dynptr id: for a dynptr itself, its first-slot mark.
  if (reg.dynptr.first_slot) attrs.add("dynptr_id=1");
  out += ')';
}

// Prints slot `spi`; may consume the next one too (dynptrs).
void append_slot(std::string& out, const FuncState& frame, size_t& spi) {
  const StackSlot& slot = frame.stack[spi];
  std::string chars = slot_chars(slot);
  switch (slot.slot_type[kSlotBytes - 1]) {
    case STACK_SPILL:
      out += fmt::format(" fp{}={}", slot_off(spi), std::string_view(chars).substr(0, chars.find('r')));
      append_reg(out, slot.spilled(), frame.frameno);
      return;
    case STACK_DYNPTR:
      spi++;
      if (spi < frame.stack.size()) append_dynptr(out, frame.stack[spi].spilled(), spi);
      return;
    case STACK_ITER: {
      const RegState& reg = slot.spilled();
      if (!reg.ref_obj_id) return;
      out += fmt::format(" fp{}=iter_{}(ref_id={},state={},depth={})", slot_off(spi),
                         iter_type_str(reg.iter.types, reg.iter.id), reg.ref_obj_id, iter_state_str(reg.iter.state),
                         u32(reg.iter.depth));
      return;
    }
    default: out += fmt::format(" fp{}={}", slot_off(spi), chars);
  }
}

bool slot_is_empty(const StackSlot& slot) {
  for (u8 type : slot.slot_type)
    if (type != STACK_INVALID) return false;
  return true;
}

void append_refs(std::string& out, const VerifierState& state) {
  if (state.refs.empty() || !state.refs[0].id) return;
  out += fmt::format(" refs={}", state.refs[0].id);
  for (size_t i = 1; i < state.refs.size(); i++)
    if (state.refs[i].id) out += fmt::format(",{}", state.refs[i].id);
}

}  // namespace

std::string tnum_str(domain::Tnum t) {
  if (t.is_const()) return unum(t.value);
  return fmt::format("({:#x}; {:#x})", t.value, t.mask);
}

std::string reg_str(const RegState& reg, u32 printed_frame) {
  std::string out;
  append_reg(out, reg, printed_frame);
  return out;
}

const char* dynptr_type_str(DynptrType type) {
  switch (type) {
    case DynptrType::Local: return "local";
    case DynptrType::Ringbuf: return "ringbuf";
    case DynptrType::Skb: return "skb";
    case DynptrType::Xdp: return "xdp";
    case DynptrType::SkbMeta: return "skb_meta";
    case DynptrType::Invalid: return "<invalid>";
  }
  return "<unknown>";
}

std::string_view iter_type_str(const btf::Btf* types, u32 btf_id) {
  if (!types || !btf_id) return "<invalid>";
  constexpr std::string_view kPrefix = "bpf_iter_";
  std::string_view name = types->name_of(btf_id);
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

void print_verifier_state(Env& env, const VerifierState& state, u32 frameno, bool all) {
  if (!env.log.needed()) return;
  const FuncState& frame = state.cframe(frameno);
  std::string out;
  if (frame.frameno) out += fmt::format(" frame{}:", frame.frameno);
  for (int i = 0; i < isa::kNumRegs; i++) {
    const RegState& reg = frame.regs[i];
    if (reg.type == NOT_INIT || (!all && !(env.changed_regs >> i & 1))) continue;
    out += fmt::format(" R{}=", i);
    append_reg(out, reg, frame.frameno);
  }
  for (size_t spi = 0; spi < frame.stack.size(); spi++) {
    if (slot_is_empty(frame.stack[spi]) || (!all && !(env.changed_slots >> spi & 1))) continue;
    append_slot(out, frame, spi);
  }
  append_refs(out, state);
  if (frame.in_callback_fn) out += " cb";
  if (frame.in_async_callback_fn) out += " async_cb";
  write_long(env.log, out + "\n");
  if (!all) env.changed_regs = 0, env.changed_slots = 0;
}

void print_insn_state(Env& env, const VerifierState& state, u32 frameno) {
  if (!env.log.needed()) return;
  if (env.prev_log_pos && env.prev_log_pos == env.log.end_pos()) {
    // Take the newline of the instruction line back; its state goes behind it, at the next column that is a multiple
    // of 8.
    constexpr u64 kMinColumn = 40;
    u64 length = env.prev_insn_print_len;
    u64 column = (std::max(length + 4, kMinColumn) + 7) / 8 * 8;
    env.log.reset(env.prev_log_pos - 1);
    env.log.write(std::string(column - length - 1, ' ') + ";");
  } else {
    env.log.print("{}:", env.insn_idx);
  }
  print_verifier_state(env, state, frameno, false);
}

std::string disassemble_insn(const Env& env, int insn_idx) {
  isa::DisasmNames names;
  names.call = [&](const isa::Insn& insn) {
    if (insn.src == isa::BPF_PSEUDO_KFUNC_CALL) {
      const KfuncDesc* desc = env.find_kfunc(u32(insn.imm), insn.off);
      return fmt::format("{}#{}", desc ? desc->name : insn.imm ? "unknown" : "", insn.imm);
    }
    const target::HelperProto* helper = insn.imm ? env.target.helper(u32(insn.imm)) : nullptr;
    std::string_view name = insn.imm == 0 ? "bpf_unspec" : helper ? helper->name : "unknown";
    return fmt::format("{}#{}", name, insn.imm);
  };
  names.imm64 = [&](const isa::Insn* insn) -> u64 {
    bool is_map = insn->src != 0 && insn->src != isa::BPF_PSEUDO_BTF_ID && insn->src != isa::BPF_PSEUDO_FUNC;
    if (is_map && !env.allow_ptr_leaks) return 0;
    // An arena's addresses are the user's own, and known.
    const InsnExtra* extra = env.extra_of(size_t(insn - env.insns.data()));
    bool is_value = insn->src == isa::BPF_PSEUDO_MAP_VALUE || insn->src == isa::BPF_PSEUDO_MAP_IDX_VALUE;
    if (is_map && is_value && extra && extra->map && extra->map->map_type == BPF_MAP_TYPE_ARENA &&
        extra->map->user_vm_start)
      return extra->map->user_vm_start + extra->map_off;
    if (is_map) return kMapAddressToken;
    if (insn->src == isa::BPF_PSEUDO_BTF_ID) return kKernelSymbolToken;
    return isa::ldimm64_value(insn);
  };
  return isa::disassemble(&env.insns[insn_idx], names);
}

}  // namespace skep::verifier
