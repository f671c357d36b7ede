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
  std::string inner;                                     // name of an earlier map
  std::string value_type;                                // "struct foo" of the case's types; the key is an int
  bool frozen = false;
  std::string data;  // of element 0
};

struct FuncSpec {
  bool global = false;
  std::string prototype;  // "int f(struct s *p, int n)"
  std::string name;
};

struct TagSpec {
  std::string func;
  int arg = -1;
  std::string text;
};

struct Case {
  std::string path;
  // Headers.
  u32 prog_type = 0, attach_type = 0, flags = 0, log_level = 2;
  target::Caps caps;
  std::string license = "GPL";
  std::vector<MapSpec> maps;
  std::vector<FuncSpec> funcs;  // in the order of their labels
  std::vector<std::string> structs;
  std::vector<TagSpec> tags;
  bool show_precision = false, show_liveness = false;
  // Source lines, without what bless writes.
  std::vector<std::string> header, body;

  std::string body_text() const;
};

// EINVAL with the line and the reason.
Result<Case> parse_case(std::string path, std::string_view text);

// The number of a UAPI name ("xdp", "cgroup_inet_egress", "percpu_array"), or -1.
int number_of(std::string_view name, const char* (*name_of)(u32), u32 count);

std::vector<std::string> words(std::string_view text);
std::string_view trim(std::string_view text);

}  // namespace skep::cases
