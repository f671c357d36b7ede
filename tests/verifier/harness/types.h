// The BTF of a case: from C-like struct definitions and prototypes to a blob and func_info.
#pragma once

#include <map>
#include <vector>

#include "btf/line_info.h"
#include "case.h"

namespace skep::cases {

struct CaseTypes {
  std::vector<u8> blob;                         // for BTF_LOAD; empty: the case has no types
  std::map<std::string, u32, std::less<>> ids;  // "struct foo", "f" (a FUNC), "int"
  std::vector<btf::FuncInfo> func_info;         // by place of the labels
};

// `labels`: where the functions start. EINVAL with the reason.
Result<CaseTypes> make_types(const Case& c, const std::map<std::string, int, std::less<>>& labels);

}  // namespace skep::cases
