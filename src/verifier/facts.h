// What a verification leaves for those who run the program (Options::keep_facts): the instructions as they were
// checked, what each refers to, and what was proved of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verifier/verifier.h"

namespace skep::verifier {

// What kind of memory a load or store reaches, on every path: the verifier refuses an instruction that mixes them.
enum class MemAccess : u8 {
  Plain,  // stack, map values, packets, allocated objects: always there
  Ctx,    // the program's context, at the instruction's offset
  Probe,  // kernel objects and untrusted memory: what is not there reads as 0
  Arena,  // the lower half of the address counts, from the arena's start
};

struct InsnFact {
  bool seen = false;  // some path comes here
  MemAccess mem = MemAccess::Plain;
};

// What a ld_imm64 that is no plain number stands for.
struct ImmFact {
  enum class Kind : u8 { Map, MapValue, KernelVar, KernelFunc, Func };
  u32 insn = 0;
  Kind kind = Kind::Map;
  const map::MapMeta* map = nullptr;  // Map, MapValue: one of ExecFacts::maps
  u32 offset = 0;                     // MapValue: bytes into the first value
  u32 subprog = 0;                    // Func
  std::string symbol;                 // KernelVar, KernelFunc
  u32 size = 0;                       // KernelVar: bytes
  bool percpu = false;                // KernelVar: R is an offset, for bpf_per_cpu_ptr()
};

// Of a call of a helper or kfunc, and of a load of a kptr.
struct CallFact {
  u32 insn = 0;
  const map::MapMeta* map = nullptr;    // the one map it is called with on every path; null: none, or several
  const map::MapMeta* inner = nullptr;  // instead: the template of all the inner maps it is called with
  std::string_view kfunc;               // its name; empty: a helper
  // The object that bpf_obj_new() makes, bpf_obj_drop() takes, that goes into a list or tree, or that a kptr which is
  // exchanged or loaded points to: a struct of `types`.
  const btf::Btf* types = nullptr;
  u32 type_id = 0;
  const btf::Record* record = nullptr;  // its special fields, if it is a program's type that has some
  u32 node_offset = 0;                  // of the list or tree node in that object, bytes
  int loop_callback = -1;               // of bpf_loop(): the subprogram it always calls, with flags 0
};

struct SubprogFact {
  u32 start = 0, end = 0;  // instructions
  u32 stack_depth = 0;     // bytes, a multiple of 8
  std::string name;        // "" without func_info
};

struct ExecFacts {
  std::vector<isa::Insn> insns;  // after the kernel's CO-RE relocations
  std::vector<InsnFact> facts;   // per instruction
  std::vector<ImmFact> imms;     // ascending by insn
  std::vector<CallFact> calls;   // ascending by insn; calls that never happen have none
  std::vector<SubprogFact> subprogs;
  std::vector<std::shared_ptr<const map::MapMeta>> maps;
  std::shared_ptr<const map::MapMeta> arena;
  std::shared_ptr<const ProgBtf> btf;                // of the program
  std::vector<std::shared_ptr<const ProgBtf>> btfs;  // others it refers to
  std::vector<btf::LineInfo> lines;
  target::ProgKind kind;  // its strings live as long as the program that was verified
  int exception_cb_subprog = -1;
  bool throws = false;

  const ImmFact* imm_at(u32 insn) const;
  const CallFact* call_at(u32 insn) const;
};

struct Env;
std::shared_ptr<const ExecFacts> collect_facts(const Env&);

}  // namespace skep::verifier
