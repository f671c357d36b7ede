// The BTF of a case: from C-like struct definitions and prototypes to a blob and func_info.
#pragma once

#include <map>
#include <vector>

#include "case.h"

namespace skep::cases {

// What PROG_LOAD takes of func_info, line_info and CO-RE relocations.
struct LoadRecords {
  std::vector<u32> words;
  u32 record_size = 0, count = 0;  // bytes, records
};

struct CaseTypes {
  std::vector<u8> blob;                             // for BTF_LOAD; empty: the case has no types
  std::map<std::string, u32, std::less<>> ids;      // "struct foo", "f" (a FUNC), "int"
  std::map<std::string, u32, std::less<>> strings;  // "@text" of a record: its offset
  LoadRecords func_info;                            // by place of the labels, if the case does not list it
  LoadRecords line_info, core_relos;
};

// `labels`: where the functions start. EINVAL with the reason.
Result<CaseTypes> make_types(const Case& c, const std::map<std::string, int, std::less<>>& labels);

}  // namespace skep::cases
