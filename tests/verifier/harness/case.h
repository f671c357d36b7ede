// A text case: a program in our assembler's syntax with what Linux says of it written beside its instructions, so that
// it looks like a verifier log.
//
//   ;; PROG xdp                                                    headers: what to load, and how
//   ;; MAP m hash key=4 value=8 max=1
//   ;; VERIFY reject EACCES                                        written by bless: verdict and counts
//   ;; INSNS 2
//     r2 = *(u32 *)(r1 +0)      ;> R1=ctx() R2=pkt(r=0)            written by bless: the state after it
//     r0 = *(u8 *)(r2 +0)       ;! invalid access to packet, ...   the rejection
//     exit
//
// README.md has every header and mark.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "isa/assemble.h"
#include "target/target.h"

namespace skep::cases {

struct MapSpec {
  std::string name;
  u32 type = 0, key = 0, value = 0, max = 1, flags = 0;  // bytes, bytes, elements
  u64 extra = 0;                                         // map_extra
  std::string inner;                                     // name of an earlier map
  std::string value_type;                                // "struct foo" of the case's types; the key is an int
  std::string kernel_type;                               // a struct of the kernel's; the value has its size
  u32 kernel_type_id = 0;                                // looked up by prepare()
  bool frozen = false, exclusive = false;                // exclusive: only of a program with another hash
  std::string data;                                      // of element 0
};

struct FuncSpec {
  bool global = false;
  bool only_type = false;  // no function of the program
  std::string prototype;   // "int f(struct s *p, int n)"
  std::string name;
};

struct TagSpec {
  std::string of;      // a function or a struct
  int component = -1;  // argument or member
  std::string text;
};

// What the program attaches to: a type of the kernel ("func", "bpf_fentry_test1"), or a function of another case.
struct TargetSpec {
  std::string kind;  // lower case, as in the kernel's messages; empty: `file` is meant
  std::string file;  // beside the case
  std::string name;
};

// A field of the PROG_LOAD attr by its UAPI name.
struct LoadField {
  std::string name;
  u32 value = 0;
};

// Records of func_info, line_info or core_relo: words are numbers, names of the case's types (their ids), or "@text"
// (its offset in the case's strings).
using Records = std::vector<std::vector<std::string>>;

struct Case {
  std::string path;
  // Headers.
  u32 prog_type = 0, attach_type = 0, flags = 0, log_level = 2;
  target::Caps caps;
  std::string license = "GPL";
  std::vector<MapSpec> maps;
  std::vector<FuncSpec> funcs;  // in the order of their labels
  std::vector<std::string> structs, typedefs;
  std::vector<TagSpec> tags;
  std::optional<TargetSpec> target;
  std::vector<LoadField> load;
  std::vector<std::string> fd_array;  // names of maps, "btf" (the case's own), "btf*N" (so many copies), or numbers
  Records func_info, line_info, core_relos;
  bool unprivileged = false;  // no capability, and a kernel that takes such programs
  bool only_skep = false;     // the running kernel cannot be asked
  bool stricter = false;      // the running kernel must not be asked: it takes what is not safe
  bool show_precision = false, show_liveness = false;
  // Source lines, without what bless writes.
  std::vector<std::string> header, body;

  std::string body_text() const;
};

std::string read_text(const std::string& path);  // of a file; empty if there is none

// EINVAL with the line and the reason.
Result<Case> parse_case(std::string path, std::string_view text);

// The words of FLAGS.
struct Flag {
  std::string_view name;
  u32 bit;
};
std::span<const Flag> prog_flags();

// The number of a UAPI name ("xdp", "cgroup_inet_egress", "percpu_array"), or -1.
int number_of(std::string_view name, const char* (*name_of)(u32), u32 count);

std::vector<std::string> words(std::string_view text);
std::string_view trim(std::string_view text);

}  // namespace skep::cases
