// A generated program: bytes, and what PROG_LOAD needs besides. The same for both sides: maps are named by their slot
// in the world (world.h), which each side replaces by a descriptor of its own.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"
#include "isa/insn.h"

namespace skep::fuzz {

// The functions of the world's text, in its order (world.cc).
enum class FuncKind : u8 {
  Static,
  GlobalScalars,
  GlobalMem,
  GlobalVoid,
  GlobalMemScalar,
  NonNull,
  Ctx,
  Trusted,
  MaybeTrusted,
  Untrusted,
  Dynptr,
  Arena,
  Handler,  // of exceptions
  Throws,   // a main program with that handler
  kCount,
};

struct Func {
  u32 start = 0;  // instruction
  FuncKind kind = FuncKind::Static;
};

// Where a program stands in the table of transports and sinks; -1: it is none of that table.
struct Cell {
  int transport = -1, sink = -1;
};

struct Program {
  u32 prog_type = 0, attach_type = 0, flags = 0;  // UAPI values
  std::string target_kind, target_name;           // the kernel's type that it goes to ("typedef", its name), or empty
  u32 attach_btf_id = 0;                          // its id
  bool with_btf = false;                          // func_info for every function
  bool shared_maps = false;                       // maps of programs that other kinds of program use too
  std::vector<isa::Insn> insns;                   // imm of a map reference (src 1, 2) is a slot of the world
  std::vector<Func> funcs;                        // ascending; the first starts at 0
  std::vector<Cell> cells;
  std::string note;  // what the generator put together, for people
};

struct World;

// True if the program has, or may have, a shape that Linux 6.18 accepts although it is unsound. Those are not loaded.
// Errs on the side of saying yes for programs that were mutated.
bool may_be_known_unsound(const Program& program, const World& world, bool mutated);

}  // namespace skep::fuzz
