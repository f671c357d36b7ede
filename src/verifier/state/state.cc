// Growing stacks; references and locks of a path (spec: protocols.md 1, 2, 5); packing the frames of saved states.
#include "verifier/state/state.h"

#include <algorithm>
#include <bit>

namespace skep::verifier {

namespace {

// A packed register: a word that says which one it is (low byte), and which words (from bit 8) differ from those of a
// register that holds the constant `value`; then `value`; then those words. Registers that hold nothing are left out.
constexpr size_t kRegWords = sizeof(RegState) / sizeof(u64);
using RegWords = std::array<u64, kRegWords>;
static_assert(sizeof(RegWords) == sizeof(RegState));
constexpr int kWordsShift = 8;

RegWords words_of(const RegState& reg) { return std::bit_cast<RegWords>(reg); }

RegWords constant_words(u64 value) {
  RegState constant = not_init_reg();
  constant.mark_known_scalar(value);
  return words_of(constant);
}

void pack_reg(const RegState& reg, u64 regno, std::vector<u64>& out) {
  const RegWords words = words_of(reg);
  if (words == words_of(not_init_reg())) return;
  const u64 value = reg.var.var_off.value;
  const RegWords base = constant_words(value);
  const size_t head = out.size();
  out.insert(out.end(), {regno, value});
  for (size_t w = 0; w < kRegWords; w++) {
    if (words[w] == base[w]) continue;
    out[head] |= u64{1} << (kWordsShift + w);
    out.push_back(words[w]);
  }
}

void unpack_regs(const std::vector<u64>& in, RegState* regs) {
  std::fill_n(regs, isa::kNumRegs, not_init_reg());
  for (size_t at = 0; at < in.size();) {
    const u64 head = in[at++];
    RegWords words = constant_words(in[at++]);
    for (size_t w = 0; w < kRegWords; w++)
      if (head >> (kWordsShift + w) & 1) words[w] = in[at++];
    regs[head & ((1u << kWordsShift) - 1)] = std::bit_cast<RegState>(words);
  }
}

}  // namespace

void Stack::grow(size_t slots) {
  Slots& all = slots_.mut();
  all.size = slots;
  for (size_t g = 0; g * kGroup < slots; g++)
    if (!all.groups[g]) all.groups[g].mut();
}

void VerifierState::pack() {
  Cow<FuncState>& top = frames[curframe];
  if (!top || top.shared()) return;
  std::vector<u64> words;
  for (u64 r = 0; r < isa::kNumRegs; r++) pack_reg(top->regs[r], r, words);
  PackedFrame& frame = packed.mut();
  frame.info = top.get();
  frame.regs.assign(words.begin(), words.end());
  top.reset();
}

void VerifierState::unpack() const {
  if (!packed) return;
  FuncState& frame = frames[curframe].mut(frame_pool);
  static_cast<FrameInfo&>(frame) = packed->info;
  unpack_regs(packed->regs, frame.regs);
  packed.reset();
}

const Reference* VerifierState::find_ref(u32 id) const {
  for (const Reference& ref : refs)
    if (ref.kind == RefKind::Ptr && ref.id == id) return &ref;
  return nullptr;
}

bool VerifierState::remove_ref(u32 id) {
  auto it =
      std::find_if(refs.begin(), refs.end(), [&](const Reference& r) { return r.kind == RefKind::Ptr && r.id == id; });
  if (it == refs.end()) return false;
  refs.erase(it);
  return true;
}

const Reference* VerifierState::find_lock(u32 kinds, u32 id, const void* object) const {
  for (const Reference& ref : refs)
    if ((u32(ref.kind) & kinds) && ref.id == id && ref.object == object) return &ref;
  return nullptr;
}

}  // namespace skep::verifier
