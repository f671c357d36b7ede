// The .BTF.ext records that PROG_LOAD carries (UAPI struct bpf_func_info, bpf_line_info).
#pragma once

#include "base/types.h"

namespace skep::btf {

struct FuncInfo {
  u32 insn_off;
  u32 type_id;
};
struct LineInfo {
  u32 insn_off, file_name_off, line_off, line_col;
  u32 line() const { return line_col >> 10; }
  u32 column() const { return line_col & 0x3ff; }
};

}  // namespace skep::btf
