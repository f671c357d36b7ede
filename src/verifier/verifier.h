// The verifier's front door: a program in, a verdict and a log out. Pure: it never runs code, prints, or opens an fd.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "btf/btf.h"
#include "btf/line_info.h"
#include "btf/record.h"
#include "diag/log.h"
#include "diag/rejection.h"
#include "isa/insn.h"
#include "map/meta.h"
#include "target/target.h"

namespace skep::verifier {

// A BTF object of a program: the types and the special-field records of its structs (by struct id, ascending).
struct ProgBtf {
  std::shared_ptr<const btf::Btf> btf;
  std::vector<std::pair<u32, std::shared_ptr<const btf::Record>>> records;

  const btf::Record* record(u32 struct_id) const;
};

// func_info, line_info or core_relo records as they came with PROG_LOAD; bytes.size() == rec_size * cnt unless rec_size
// is one the verifier refuses.
struct InfoBlob {
  u32 rec_size = 0, cnt = 0;
  std::vector<u8> bytes;
};

struct VerifiedProgram;
struct ExecFacts;  // facts.h

struct Program {
  u32 prog_type = 0, expected_attach_type = 0,
      prog_flags = 0;  // UAPI values; attach type already replaced where PROG_LOAD does
  std::string name;
  bool gpl_compatible = false;
  std::vector<isa::Insn> insns;
  std::shared_ptr<const ProgBtf> btf;  // prog_btf_fd, or null
  int prog_btf_error = 0;  // errno of a prog_btf_fd that is not one (looked at only if there is func or line info)
  InfoBlob func_info, line_info, core_relo;
  bool has_fd_array = false;
  u32 fd_array_cnt = 0;
  u32 attach_btf_id = 0;
  std::shared_ptr<const btf::Btf> attach_btf;  // vmlinux if attach_btf_id is given without an fd; null otherwise
  std::shared_ptr<const VerifiedProgram> attach_prog;  // attach_prog_fd: the program fentry/fexit/freplace goes to
  bool dev_bound = false, offloaded = false;           // prog_ifindex
};

// Looks up what the instruction stream refers to by fd. Errors are errno values (EBADF: no such fd, EINVAL: something
// else).
struct ObjectSource {
  std::function<Result<std::shared_ptr<const map::MapMeta>>(int fd)> map_by_fd;
  std::function<Result<std::shared_ptr<const ProgBtf>>(int fd)> btf_by_fd;
  std::function<Result<int>(u32 index)> fd_array_at;  // EFAULT if unreadable
};

class Observer;  // observer.h

struct Options {
  target::Caps caps;
  bool allow_ptr_leaks = true;                        // CAP_PERFMON
  bool allow_uninit_stack = true;                     // CAP_PERFMON
  bool bypass_spec_v1 = true, bypass_spec_v4 = true;  // CAP_PERFMON
  bool jit = true;                                    // the x86-64 JIT's gates (btf-and-load.md 8)
  Observer* observer = nullptr;                       // of the walk; the caller's
  bool keep_facts = false;                            // Verdict::facts of an accepted program
  // States are equal only if all scalars are, not just those whose value mattered: what an observer sees of the walk
  // then describes every run. Takes longer, and prints no other log than that of a longer walk.
  bool all_precise = false;
};

struct Stats {
  u32 insns_processed = 0, max_states_per_insn = 0, total_states = 0, peak_states = 0, longest_mark_read_walk = 0;
  u64 time_us = 0;
  std::vector<u32> stack_depth;  // bytes, per subprogram
};

// What a function of an accepted program is to those that attach to it.
struct FuncFacts {
  bool unreliable = false;  // its types do not say what it takes
  bool changes_pkt_data = false, might_sleep = false;
};

struct Verdict {
  int error = 0;                             // 0: accepted; else positive errno
  std::optional<diag::Rejection> rejection;  // why; absent for a silent errno
  Stats stats;
  std::vector<std::shared_ptr<const map::MapMeta>> used_maps;
  std::vector<u32> subprog_starts;
  std::vector<FuncFacts> funcs;  // by subprogram
  int exception_cb_subprog = -1;
  std::shared_ptr<const ExecFacts> facts;  // if Options::keep_facts
};

// What a later load needs of an accepted program (freplace, fentry on a program).
struct VerifiedProgram {
  Program program;
  std::vector<u32> subprog_starts;
  std::vector<btf::FuncInfo> func_info;
  std::vector<FuncFacts> funcs;
  int exception_cb_subprog = -1;
  u32 id = 0;
};

// The whole check (spec: exploration.md 1). `program.insns` is verified as given; the log gets the kernel's text. Never
// fails but by verdict.
Verdict verify(const Program& program, const target::Target& target, const ObjectSource& objects,
               const Options& options, diag::Log& log);

}  // namespace skep::verifier
