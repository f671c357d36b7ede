// A cell: diamonds that leave different values, a transport, a sink.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

void Gen::put_value(int reg, s64 limit, bool safe) {
  if (!safe && rng.chance(70)) {
    const s64 bad[] = {limit + 1, limit + 8, 4096, -1, -8, 0x7fffffff, -0x7fffffff - 1, 65536, 1025};
    code.mov(reg, rng.pick(bad));
    return;
  }
  const s64 top = limit < 0 ? 4095 : limit;
  switch (rng.below(7)) {
    case 0: return code.mov(reg, 0);
    case 1: return code.mov(reg, top);
    case 2: return code.mov(reg, s64(rng.below(u32(top + 1))));
    case 3: {  // a mask
      unknown(reg);
      s64 mask = 1;
      while (mask * 2 + 1 <= top) mask = mask * 2 + 1;
      return code.alu(BPF_AND, reg, rng.chance(50) ? mask : mask & ~7, rng.chance(70));
    }
    case 4:  // a remainder
      unknown(reg);
      return code.alu(BPF_MOD, reg, top + 1, rng.chance(70));
    case 5: {  // a shift
      unknown(reg);
      int bits = 0;
      while ((s64(2) << bits) - 1 <= top) bits++;
      return code.alu(BPF_RSH, reg, 64 - bits);
    }
    default:  // a comparison
      unknown(reg);
      return code.jmp(rng.chance(92) ? BPF_JGT : BPF_JSGT, reg, top, leave, rng.chance(92));
  }
}

void Gen::diamonds(s64 limit, bool safe) {
  const int n = rng.range(1, 4);
  put_value(8, limit, safe);
  const int bad_at = safe ? -1 : rng.range(0, n);
  for (int i = 0; i < n; i++) {
    if (rng.chance(50)) unknown(7);
    const Label join = code.label();
    condition(7, join);
    if (rng.chance(85)) {
      put_value(8, limit, i != bad_at);
    } else {
      code.alu(rng.pick({BPF_ADD, BPF_XOR, BPF_OR, BPF_AND, BPF_RSH}), 8, rng.pick({0, 0, 1, 4}), rng.chance(70));
    }
    code.bind(join);
    if (rng.chance(60)) code.mov(7, 0);
    checkpoint();
  }
}

// Makes an unsafe value safe, in ways the verifier must see through. Not always enough, on purpose.
void Gen::guard(s64 limit) {
  const bool wide = rng.chance(90);
  switch (rng.below(9)) {
    case 7:
    case 0: return code.jmp(BPF_JGT, 8, limit, leave, wide);
    case 1: code.jmp(BPF_JSGT, 8, limit, leave, wide); return code.jmp(BPF_JSLT, 8, 0, leave, wide);
    case 2: {  // through a linked register
      const int other = rng.range(1, 5);
      const int delta = rng.pick({0, 0, 0, 1, 4, -4});
      code.movx(other, 8);
      if (delta) code.alu(BPF_ADD, other, delta, rng.chance(80));
      return code.jmp(BPF_JGT, other, limit + (delta > 0 ? delta : 0), leave);
    }
    case 3: {  // one that keeps both sides alive
      const Label over = code.label();
      code.jmp(BPF_JLE, 8, limit, over, wide);
      code.mov(8, 0);
      return code.bind(over);
    }
    case 4: {
      s64 mask = 1;
      while (mask * 2 + 1 <= limit) mask = mask * 2 + 1;
      return code.alu(BPF_AND, 8, mask, rng.chance(60));
    }
    case 5: {  // by a register
      code.mov(5, limit);
      return code.jmpx(rng.pick({BPF_JGT, BPF_JGT, BPF_JSGT}), 8, 5, leave, wide);
    }
    default: return code.alu(BPF_MOD, 8, limit + 1, rng.chance(60));
  }
}

void Gen::cell() {
  const int transport = int(rng.below(u32(transports().size())));
  int sink = int(rng.below(u32(sinks().size())));
  while ((sinks()[size_t(sink)].traits & ~profile.traits) || (sinks()[size_t(sink)].ends && frame))
    sink = int(rng.below(u32(sinks().size())));
  const SinkRow& row = sinks()[size_t(sink)];
  const s64 limit = row.limit < 0 && profile.return_max >= 0 && row.ends ? profile.return_max : row.limit;
  const bool safe = rng.chance(82);
  out.cells.push_back({transport, sink});
  diamonds(limit, safe);
  transports()[size_t(transport)].emit(*this);
  checkpoint();
  if (rng.chance(safe ? 70 : 60)) guard(limit < 0 ? 4095 : limit);
  row.emit(*this);
}

// The same with pointers: diamonds leave different ones in r8.
void Gen::pointer_cell() {
  const auto put = [this] {
    switch (rng.below(6)) {
      case 0: code.movx(8, 9); break;
      case 1: code.movx(8, kFramePtr), code.alu(BPF_ADD, 8, -8 * rng.range(1, 4)); break;
      case 2: code.movx(8, 9), code.alu(BPF_ADD, 8, 8 * rng.range(0, 3)); break;
      case 3: map_value(8, rng.pick({kArray, kHash, kLruHash}), rng.chance(85)); break;
      case 4: code.map_value(8, kArray, u32(8 * rng.range(0, 4))); break;
      default: rng.chance(10) ? code.mov(8, 0) : code.movx(8, 9);
    }
  };
  fill(-32, 32);
  put();
  const int n = rng.range(1, 2);
  for (int i = 0; i < n; i++) {
    unknown(7);
    const Label join = code.label();
    condition(7, join);
    put();
    code.bind(join);
    if (rng.chance(60)) code.mov(7, 0);
    checkpoint();
  }
  const int s = slot();
  if (rng.chance(60)) {
    code.stx(BPF_DW, kFramePtr, s, 8);
    if (rng.chance(50)) code.mov(8, 0);
    checkpoint();
    code.ldx(BPF_DW, 8, kFramePtr, s);
  }
  if (rng.chance(85)) code.jmp(BPF_JEQ, 8, 0, leave);
  if (rng.chance(12)) {
    unknown(7);
    code.alu(BPF_AND, 7, rng.pick({1, 7, 8, 15}));
    code.alux(BPF_ADD, 8, 7);
  }
  switch (rng.below(5)) {
    case 0: code.ldx(size_code(), 3, 8, rng.pick({0, 0, 0, 0, 4, 8, -8})); break;
    case 1: code.st(size_code(), 8, rng.pick({0, 0, 0, 8}), 1); break;
    case 2:
      code.map(1, kHash);
      code.movx(2, 8);
      code.call(kMapDelete);
      break;
    case 3:
      code.movx(3, 8);
      code.alux(BPF_SUB, 3, rng.pick({8, 9, 10}));
      break;
    default: {
      const Label over = code.label();
      code.jmpx(rng.pick({BPF_JEQ, BPF_JNE, BPF_JGT}), 8, 9, over);
      code.ldx(BPF_DW, 3, 8, 0);
      code.bind(over);
    }
  }
  code.mov(8, 0);
}

}  // namespace skep::fuzz
