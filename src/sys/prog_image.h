// A program as its file has it: everything that PROG_LOAD was given, with ids of maps and BTF in place of descriptors.
// Enough to tell about the program (bpf_prog_info) without looking further, and to verify it again in a process that
// did not load it: no file is believed about having been verified.
#pragma once

#include <vector>

#include "base/sha256.h"
#include "base/status.h"
#include "verifier/verifier.h"

namespace skep::sys {

inline constexpr u64 kProgMagic = 0x01676f7270706b73;  // "skpprog" and the layout's version

enum class AttachKind : u32 { None, Kernel, Program };

struct ProgHeader {
  u64 magic = kProgMagic, cookie = 0;
  u32 id = 0, prog_type = 0, expected_attach_type = 0, prog_flags = 0;
  u32 insn_cnt = 0, map_cnt = 0, fd_cnt = 0, verified_insns = 0;
  u32 btf_id = 0, attach_btf_id = 0, attach_prog_id = 0, created_by_uid = 0;
  AttachKind attach = AttachKind::None;
  u32 gpl_compatible = 0, has_fd_array = 0, fd_array_cnt = 0;
  u64 load_time = 0;  // nanoseconds since boot
  Sha256 digest{};
  char name[16] = {};
  u32 rec_size[3] = {}, rec_cnt[3] = {};  // func_info, line_info, core_relo
};

// What the load found at `index` of its fd_array.
struct FdArrayEntry {
  u32 index = 0, is_btf = 0, id = 0;
};

struct ProgImage {
  ProgHeader header;
  std::vector<isa::Insn> insns;
  std::vector<u32> map_ids;  // in the order in which the verifier met them
  std::vector<FdArrayEntry> fd_array;
  verifier::InfoBlob func_info, line_info, core_relo;

  std::vector<u8> bytes() const;
  // EINVAL: these are not the bytes of a program.
  static Result<ProgImage> parse(std::span<const u8> bytes);
};

// The digest that names a program (the tag is its first 8 bytes): of the instructions as they were given, descriptors
// of maps as zeros.
Sha256 digest_of(std::span<const isa::Insn> insns);

}  // namespace skep::sys
