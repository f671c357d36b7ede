// See sheet.h.
#include "tests/grid/sheet.h"

#include <fmt/format.h>

#include <limits>

#include "base/status.h"

namespace skep::grid {
namespace {

using namespace isa;

constexpr u64 kValues[] = {0,
                           1,
                           2,
                           3,
                           7,
                           8,
                           31,
                           32,
                           33,
                           63,
                           64,
                           0x7f,
                           0x80,
                           0xff,
                           0x7fff,
                           0x8000,
                           0xffff,
                           0x7fffffff,
                           0x80000000,
                           0xffffffff,
                           0x1'0000'0000,
                           0x1234'5678'9abc'def0,
                           0x7fff'ffff'ffff'ffff,
                           0x8000'0000'0000'0000,
                           0xffff'ffff'8000'0000,
                           0xffff'ffff'ffff'fffe,
                           0xffff'ffff'ffff'ffff};
constexpr s32 kImms[] = {0,          1,          2,  3,  5,  7,    8,    9,     13,
                         31,         32,         33, 63, 64, 255,  641,  65535, 0x12345678,
                         0x40000000, 0x7fffffff, -1, -2, -7, -128, -129, -1000, std::numeric_limits<s32>::min()};
constexpr u64 kKnown[] = {0,          1,          2,          31,         63,         0x80,        0x7fffffff,
                          0x80000000, 0xffffffff, 1ull << 32, ~0ull >> 1, 1ull << 63, ~0ull << 31, ~0ull};
constexpr s32 kKnownImms[] = {0, 1, 2, 31, 63, 255, 0x7fffffff, -1, -2, -128, std::numeric_limits<s32>::min()};

constexpr s16 kSavedCtx = -8, kSavedReg = -16, kStackCell = -32;  // in the stack
constexpr s32 kMapCell = 160;                                     // in the map's value
constexpr u32 kCellBytes = 16;

constexpr u8 kLoad64 = BPF_LDX | BPF_MEM | BPF_DW, kStore64 = BPF_STX | BPF_MEM | BPF_DW;

struct Named {
  const char* name;
  u8 op;
  s16 off = 0;
};
constexpr Named kBinary[] = {{"add", BPF_ADD}, {"sub", BPF_SUB},     {"mul", BPF_MUL}, {"div", BPF_DIV},
                             {"mod", BPF_MOD}, {"sdiv", BPF_DIV, 1}, {"or", BPF_OR},   {"smod", BPF_MOD, 1},
                             {"and", BPF_AND}, {"xor", BPF_XOR},     {"lsh", BPF_LSH}, {"rsh", BPF_RSH},
                             {"mov", BPF_MOV}, {"arsh", BPF_ARSH}};
constexpr Named kJumps[] = {{"jeq", BPF_JEQ},   {"jne", BPF_JNE},   {"jgt", BPF_JGT},   {"jge", BPF_JGE},
                            {"jlt", BPF_JLT},   {"jle", BPF_JLE},   {"jset", BPF_JSET}, {"jsgt", BPF_JSGT},
                            {"jsge", BPF_JSGE}, {"jslt", BPF_JSLT}, {"jsle", BPF_JSLE}};
constexpr Named kSizes[] = {{"8", BPF_B}, {"16", BPF_H}, {"32", BPF_W}, {"64", BPF_DW}};

enum class Place : u8 { Stack, Map, Ctx };
constexpr const char* kPlaces[] = {"stack", "map", "ctx"};

class Writer {
 public:
  Writer(std::string name, Runs runs) : sheet_{.name = std::move(name), .runs = runs, .insns = {}, .cases = 0} {
    add(kStore64, kFramePtr, 1, kSavedCtx);
  }

  void add(u8 code, u32 dst, u32 src, s32 off = 0, s32 imm = 0) {
    sheet_.insns.push_back({.code = code, .dst = u8(dst & 15), .src = u8(src & 15), .off = s16(off), .imm = imm});
  }
  void imm64(u32 dst, u64 low, u64 high, u8 src = 0) {
    add(kLdImm64, dst, src, 0, s32(u32(low)));
    add(0, 0, 0, 0, s32(u32(high)));
  }
  void number(u32 dst, u64 value) { imm64(dst, value, value >> 32); }

  // Every register from the context: `dst` holds x, `src` y if it is another one, the rest what filling() says.
  void load_registers(u32 dst, u32 src) {
    const auto word_of = [&](u32 reg) { return reg == dst ? kX : reg == src ? kY : reg; };
    add(kLoad64, 9, kFramePtr, kSavedCtx);
    for (u32 r = 0; r < kRegs; ++r) add(kLoad64, r, 9, s32(8 * word_of(r)));  // R9 itself comes last
  }

  // x and y become the memory that an instruction works on.
  void fill_cell(Place place, int map) {
    add(kLoad64, 1, kFramePtr, kSavedCtx);
    add(kLoad64, 0, 1, 8 * kX);
    add(kLoad64, 2, 1, 8 * kY);
    const Cell cell = point_to_cell(place, map);
    add(kStore64, cell.base, 0, cell.off);
    add(kStore64, cell.base, 2, cell.off + 8);
  }

  // Writes everything that the case left; `place` null: it has no memory.
  void end_case(const Place* place, int map) {
    const s32 out = s32(8 * (kOut + kCaseWords * sheet_.cases++));
    add(kStore64, kFramePtr, 1, kSavedReg);
    add(kLoad64, 1, kFramePtr, kSavedCtx);
    for (u32 r = 0; r < kRegs; ++r)
      if (r != 1) add(kStore64, 1, r, out + s32(8 * r));
    add(kLoad64, 0, kFramePtr, kSavedReg);
    add(kStore64, 1, 0, out + 8);
    if (!place) return;
    const Cell cell = point_to_cell(*place, map);
    for (s32 word = 0; word < 2; ++word) {
      add(kLoad64, 0, cell.base, cell.off + 8 * word);
      add(kStore64, 1, 0, out + s32(8 * (kRegs + u32(word))));
    }
  }

  Sheet finish() {
    add(BPF_ALU64 | BPF_MOV, 0, 0);
    add(BPF_JMP | BPF_EXIT, 0, 0);
    SKEP_CHECK(8 * sheet_.words() <= 32768);  // displacements have 16 bits
    return std::move(sheet_);
  }

 private:
  struct Cell {
    u32 base;
    s32 off;
  };
  // With R1 the context; R3 may change.
  Cell point_to_cell(Place place, int map) {
    if (place == Place::Stack) return {kFramePtr, kStackCell};
    if (place == Place::Ctx) return {1, 8 * kCell};
    imm64(3, u32(map), kMapCell, BPF_PSEUDO_MAP_VALUE);
    return {3, 0};
  }

  Sheet sheet_;
};

// --- arithmetic -----------------------------------------------------------------------------------------------------

u8 alu_class(u32 width) { return width == 64 ? BPF_ALU64 : BPF_ALU; }

Sheet alu_with_register(std::string name, u8 code, s16 off) {
  Writer w(std::move(name), Runs::AllPairs);
  for (u32 dst = 0; dst < kRegs; ++dst) {
    for (u32 src = 0; src < kRegs; ++src) {
      w.load_registers(dst, src);
      w.add(code, dst, src, off);
      w.end_case(nullptr, -1);
    }
  }
  return w.finish();
}

Sheet alu_with_constant(std::string name, u8 code, s16 off, std::span<const s32> imms) {
  Writer w(std::move(name), Runs::AllX);
  for (u32 dst = 0; dst < kRegs; ++dst) {
    for (const s32 imm : imms) {
      w.load_registers(dst, dst);
      w.add(code, dst, 0, off, imm);
      w.end_case(nullptr, -1);
    }
  }
  return w.finish();
}

// Constants that the verifier lets pass: no zero divisors, no shifts by the width.
std::vector<s32> allowed(const Named& op, u32 width, std::span<const s32> imms) {
  std::vector<s32> out;
  for (const s32 imm : imms) {
    if ((op.op == BPF_DIV || op.op == BPF_MOD) && imm == 0) continue;
    const bool shift = op.op == BPF_LSH || op.op == BPF_RSH || op.op == BPF_ARSH;
    if (!shift || (imm >= 0 && u32(imm) < width)) out.push_back(imm);
  }
  return out;
}

// --- jumps ----------------------------------------------------------------------------------------------------------

u8 jump_class(u32 width) { return width == 64 ? BPF_JMP : BPF_JMP32; }

// The jump goes over an instruction that changes a register.
void jump(Writer& w, u8 code, u32 dst, u32 src, s32 imm) {
  w.add(code, dst, src, 1, imm);
  w.add(BPF_ALU64 | BPF_XOR, dst, 0, 0, -1);
}

Sheet jump_with_register(std::string name, u8 code) {
  Writer w(std::move(name), Runs::AllPairs);
  for (u32 dst = 0; dst < kRegs; ++dst) {
    for (u32 src = 0; src < kRegs; ++src) {
      w.load_registers(dst, src);
      jump(w, code, dst, src, 0);
      w.end_case(nullptr, -1);
    }
  }
  return w.finish();
}

Sheet jump_with_constant(std::string name, u8 code) {
  Writer w(std::move(name), Runs::AllX);
  for (u32 dst = 0; dst < kRegs; ++dst) {
    for (const s32 imm : kImms) {
      w.load_registers(dst, dst);
      jump(w, code, dst, 0, imm);
      w.end_case(nullptr, -1);
    }
  }
  return w.finish();
}

// --- memory ---------------------------------------------------------------------------------------------------------

// A load, store or atomic operation.
struct Access {
  u8 code;
  s32 imm = 0;
  u32 bytes = 8;
  bool loads = false;      // src is the pointer
  bool aligned = false;    // it must be
  bool immediate = false;  // stores imm
};

// Where the pointer lies, and how far the instruction reaches from there to byte `at` of the cell.
s32 set_base(Writer& w, Place place, int map, u32 base, u32 n, u32 at) {
  constexpr s32 kStackSteps[] = {0, -16, -160, -400}, kMapSteps[] = {0, 160, 8, 400};
  switch (place) {
    case Place::Stack: {
      if (base == kFramePtr) return kStackCell + s32(at);
      const s32 step = kStackSteps[n % std::size(kStackSteps)];
      w.add(BPF_ALU64 | BPF_MOV | BPF_X, base, kFramePtr);
      w.add(BPF_ALU64 | BPF_ADD, base, 0, 0, step);
      return kStackCell + s32(at) - step;
    }
    case Place::Map: {
      const s32 step = kMapSteps[n % std::size(kMapSteps)];
      w.imm64(base, u32(map), u32(step), BPF_PSEUDO_MAP_VALUE);
      return kMapCell + s32(at) - step;
    }
    case Place::Ctx: break;
  }
  w.add(kLoad64, base, kFramePtr, kSavedCtx);
  return s32(8 * kCell + at);
}

void access_case(Writer& w, const Access& access, Place place, int map, u32 base, u32 other, u32 n) {
  constexpr u64 kLeft = 77;  // in place of an address, which differs from run to run
  const bool must_align = access.aligned || place != Place::Map;
  const u32 room = kCellBytes - access.bytes + 1;
  const u32 at = must_align ? n % (kCellBytes / access.bytes) * access.bytes : n * 5 % room;
  w.fill_cell(place, map);
  // R0, which compare-and-exchange compares with, is x now and then.
  if (access.imm == BPF_CMPXCHG && at == 0 && n % 4 != 1)
    w.load_registers(0, other);
  else
    w.load_registers(kRegs, access.loads ? kRegs : other);  // y is what is stored
  const s32 off = set_base(w, place, map, base, n, at);
  const s32 imm = access.immediate ? kImms[n % std::size(kImms)] : access.imm;
  if (access.loads)
    w.add(access.code, other, base, off, imm);
  else
    w.add(access.code, base, access.immediate ? 0 : other, off, imm);
  if (base != kFramePtr && !(access.loads && other == base)) w.number(base, kLeft);
  w.end_case(&place, map);
}

// With every pair of registers. A pointer is not stored.
Sheet access_sheet(std::string name, const Access& access, Place place, int map) {
  const bool arithmetic = isa::insn_mode(access.code) == BPF_ATOMIC && !access.loads;
  Writer w(std::move(name), arithmetic ? Runs::AllPairs : Runs::AllX);
  u32 n = 0;
  for (u32 base = 0; base < kRegs + (place == Place::Stack); ++base) {
    if (access.imm == BPF_CMPXCHG && base == 0) continue;
    for (u32 other = 0; other < kRegs; ++other)
      if (access.loads || access.immediate || other != base) access_case(w, access, place, map, base, other, n++);
  }
  return w.finish();
}

void add_loads(std::vector<Sheet>& sheets, Place place, int map) {
  const auto name = [&](const char* what, const char* bits) {
    return fmt::format("{}{} {}", what, bits, kPlaces[size_t(place)]);
  };
  for (const auto& [bits, size, off] : kSizes) {
    const u32 bytes = u32(size_bytes(size));
    const u8 load = BPF_LDX | size;
    sheets.push_back(access_sheet(name("ldx", bits), {u8(load | BPF_MEM), 0, bytes, true}, place, map));
    if (size != BPF_DW && place != Place::Ctx)
      sheets.push_back(access_sheet(name("ldxs", bits), {u8(load | BPF_MEMSX), 0, bytes, true}, place, map));
  }
}

void add_stores(std::vector<Sheet>& sheets, Place place, int map) {
  for (const auto& [bits, size, off] : kSizes) {
    const u32 bytes = u32(size_bytes(size));
    const auto name = [&](const char* what) { return fmt::format("{}{} {}", what, bits, kPlaces[size_t(place)]); };
    sheets.push_back(access_sheet(name("stx"), {u8(BPF_STX | BPF_MEM | size), 0, bytes}, place, map));
    Access immediate{u8(BPF_ST | BPF_MEM | size), 0, bytes};
    immediate.immediate = true;
    sheets.push_back(access_sheet(name("st"), immediate, place, map));
  }
}

}  // namespace

std::span<const u64> values() { return kValues; }

std::vector<Sheet> arithmetic() {
  std::vector<Sheet> sheets;
  for (const u32 width : {64u, 32u}) {
    for (const Named& op : kBinary) {
      const u8 code = op.op | alu_class(width);
      sheets.push_back(alu_with_register(fmt::format("{}{} reg", op.name, width), code | BPF_X, op.off));
      sheets.push_back(
          alu_with_constant(fmt::format("{}{} imm", op.name, width), code, op.off, allowed(op, width, kImms)));
    }
    const s32 none[] = {0};
    sheets.push_back(alu_with_constant(fmt::format("neg{}", width), BPF_NEG | alu_class(width), 0, none));
    for (const s16 bits : {s16(8), s16(16), s16(32)})
      if (u32(bits) < width)
        sheets.push_back(
            alu_with_register(fmt::format("movs{}to{}", bits, width), BPF_MOV | BPF_X | alu_class(width), bits));
  }
  const s32 widths[] = {16, 32, 64};
  sheets.push_back(alu_with_constant("le", BPF_ALU | BPF_END | BPF_TO_LE, 0, widths));
  sheets.push_back(alu_with_constant("be", BPF_ALU | BPF_END | BPF_TO_BE, 0, widths));
  sheets.push_back(alu_with_constant("bswap", BPF_ALU64 | BPF_END, 0, widths));
  return sheets;
}

std::vector<Sheet> jumps() {
  std::vector<Sheet> sheets;
  for (const u32 width : {64u, 32u}) {
    for (const Named& op : kJumps) {
      const u8 code = op.op | jump_class(width);
      sheets.push_back(jump_with_register(fmt::format("{}{} reg", op.name, width), code | BPF_X));
      sheets.push_back(jump_with_constant(fmt::format("{}{} imm", op.name, width), code));
    }
  }
  Writer always("ja and gotol", Runs::AllX);
  for (u32 dst = 0; dst < kRegs; ++dst) {
    for (const bool is_long : {false, true}) {
      const auto go = [&](s16 by) {
        always.add(is_long ? BPF_JMP32 | BPF_JA : BPF_JMP | BPF_JA, 0, 0, is_long ? 0 : by, is_long ? by : 0);
      };
      always.load_registers(dst, dst);
      go(2);
      always.add(BPF_ALU64 | BPF_XOR, dst, 0, 0, -1);
      go(1);
      go(-3);
      always.end_case(nullptr, -1);
    }
  }
  sheets.push_back(always.finish());
  return sheets;
}

std::vector<Sheet> memory(int map) {
  std::vector<Sheet> sheets;
  for (const Place place : {Place::Stack, Place::Map, Place::Ctx}) {
    add_loads(sheets, place, map);
    add_stores(sheets, place, map);
  }
  return sheets;
}

std::vector<Sheet> atomics(int map) {
  constexpr struct {
    const char* name;
    s32 imm;
  } kOperations[] = {{"add", BPF_ADD},
                     {"or", BPF_OR},
                     {"and", BPF_AND},
                     {"xor", BPF_XOR},
                     {"fetch_add", BPF_ADD | BPF_FETCH},
                     {"fetch_or", BPF_OR | BPF_FETCH},
                     {"fetch_and", BPF_AND | BPF_FETCH},
                     {"fetch_xor", BPF_XOR | BPF_FETCH},
                     {"xchg", BPF_XCHG},
                     {"cmpxchg", BPF_CMPXCHG}};
  std::vector<Sheet> sheets;
  for (const Place place : {Place::Stack, Place::Map}) {
    const char* const where = kPlaces[size_t(place)];
    for (const auto& [bits, size, off] : kSizes) {
      const u8 code = BPF_STX | BPF_ATOMIC | size;
      const u32 bytes = u32(size_bytes(size));
      sheets.push_back(access_sheet(fmt::format("load_acquire{} {}", bits, where),
                                    {code, BPF_LOAD_ACQ, bytes, true, true}, place, map));
      sheets.push_back(access_sheet(fmt::format("store_release{} {}", bits, where),
                                    {code, BPF_STORE_REL, bytes, false, true}, place, map));
      for (const auto& [name, imm] : kOperations)
        if (bytes >= 4)
          sheets.push_back(access_sheet(fmt::format("atomic {}{} {}", name, bits, where),
                                        {code, imm, bytes, false, true}, place, map));
    }
  }
  return sheets;
}

std::vector<Sheet> constants() {
  std::vector<Sheet> sheets;
  const auto add = [&](const Named& op, u32 width, bool is_jump) {
    const u8 code = op.op | (is_jump ? jump_class(width) : alu_class(width));
    Writer with_reg(fmt::format("known {}{} reg", op.name, width), Runs::Once);
    Writer with_imm(fmt::format("known {}{} imm", op.name, width), Runs::Once);
    u32 n = 0;
    const auto one = [&](Writer& w, u64 x, u64 y, bool reg, s32 imm) {
      const u32 dst = n % kRegs, src = reg ? n / kRegs % kRegs : dst;
      ++n;
      w.load_registers(dst, src);
      if (src != dst) w.number(src, y);
      w.number(dst, x);
      if (is_jump)
        jump(w, reg ? code | BPF_X : code, dst, reg ? src : 0, imm);
      else
        w.add(reg ? code | BPF_X : code, dst, reg ? src : 0, op.off, imm);
      w.end_case(nullptr, -1);
    };
    for (const u64 x : kKnown) {
      for (const u64 y : kKnown) one(with_reg, x, y, true, 0);
      for (const s32 imm :
           is_jump ? std::vector<s32>(std::begin(kKnownImms), std::end(kKnownImms)) : allowed(op, width, kKnownImms))
        one(with_imm, x, 0, false, imm);
    }
    sheets.push_back(with_reg.finish());
    sheets.push_back(with_imm.finish());
  };
  for (const u32 width : {64u, 32u}) {
    for (const Named& op : kBinary) add(op, width, false);
    for (const Named& op : kJumps) add(op, width, true);
  }
  return sheets;
}

}  // namespace skep::grid
