// The layout of union bpf_attr and of the info structs in Linux 6.18 (UAPI linux/bpf.h; offsets as its BTF has them).
// Only this room knows them.
//
// Each command has its struct. kEnd is the end of the command's last field: the kernel wants everything after it to be
// zero (CHECK_ATTR).
#pragma once

#include <cstddef>

#include "base/types.h"

namespace skep::sys {

enum Command : u32 {
  BPF_MAP_CREATE,
  BPF_MAP_LOOKUP_ELEM,
  BPF_MAP_UPDATE_ELEM,
  BPF_MAP_DELETE_ELEM,
  BPF_MAP_GET_NEXT_KEY,
  BPF_PROG_LOAD,
  BPF_OBJ_PIN,
  BPF_OBJ_GET,
  BPF_PROG_ATTACH,
  BPF_PROG_DETACH,
  BPF_PROG_TEST_RUN,
  BPF_PROG_GET_NEXT_ID,
  BPF_MAP_GET_NEXT_ID,
  BPF_PROG_GET_FD_BY_ID,
  BPF_MAP_GET_FD_BY_ID,
  BPF_OBJ_GET_INFO_BY_FD,
  BPF_PROG_QUERY,
  BPF_RAW_TRACEPOINT_OPEN,
  BPF_BTF_LOAD,
  BPF_BTF_GET_FD_BY_ID,
  BPF_TASK_FD_QUERY,
  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
  BPF_MAP_FREEZE,
  BPF_BTF_GET_NEXT_ID,
  BPF_MAP_LOOKUP_BATCH,
  BPF_MAP_LOOKUP_AND_DELETE_BATCH,
  BPF_MAP_UPDATE_BATCH,
  BPF_MAP_DELETE_BATCH,
  BPF_LINK_CREATE,
  BPF_LINK_UPDATE,
  BPF_LINK_GET_FD_BY_ID,
  BPF_LINK_GET_NEXT_ID,
  BPF_ENABLE_STATS,
  BPF_ITER_CREATE,
  BPF_LINK_DETACH,
  BPF_PROG_BIND_MAP,
  BPF_TOKEN_CREATE,
  BPF_PROG_STREAM_READ_BY_FD,
  kCommandCount,
};

inline constexpr u32 kAttrSize = 168;      // sizeof(union bpf_attr)
inline constexpr u32 kAttrMaxSize = 4096;  // a page; larger sizes are refused unread
inline constexpr u32 kObjNameLen = 16;     // BPF_OBJ_NAME_LEN

struct MapCreateAttr {
  u32 map_type, key_size, value_size, max_entries, map_flags, inner_map_fd, numa_node;
  char map_name[kObjNameLen];
  u32 map_ifindex, btf_fd, btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
  u64 map_extra;
  s32 value_type_btf_obj_fd, map_token_fd;
  u64 excl_prog_hash;
  u32 excl_prog_hash_size;
  static constexpr u32 kEnd = 92;
};
static_assert(offsetof(MapCreateAttr, map_extra) == 64 && offsetof(MapCreateAttr, excl_prog_hash_size) == 88);

struct MapElemAttr {
  u32 map_fd, pad;
  u64 key, value /* or next_key */, flags;
  static constexpr u32 kEnd = 32, kEndNoFlags = 24, kEndKey = 16;
};
static_assert(sizeof(MapElemAttr) == 32);

struct MapBatchAttr {
  u64 in_batch, out_batch, keys, values;
  u32 count, map_fd;
  u64 elem_flags, flags;
  static constexpr u32 kEnd = 56;
};
static_assert(sizeof(MapBatchAttr) == 56);

struct ProgLoadAttr {
  u32 prog_type, insn_cnt;
  u64 insns, license;
  u32 log_level, log_size;
  u64 log_buf;
  u32 kern_version, prog_flags;
  char prog_name[kObjNameLen];
  u32 prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size;
  u64 func_info;
  u32 func_info_cnt, line_info_rec_size;
  u64 line_info;
  u32 line_info_cnt, attach_btf_id;
  u32 attach_fd;  // attach_prog_fd or attach_btf_obj_fd
  u32 core_relo_cnt;
  u64 fd_array, core_relos;
  u32 core_relo_rec_size, log_true_size;
  s32 prog_token_fd;
  u32 fd_array_cnt;
  u64 signature;
  u32 signature_size;
  s32 keyring_id;
  static constexpr u32 kEnd = 168;
};
static_assert(sizeof(ProgLoadAttr) == kAttrSize && offsetof(ProgLoadAttr, log_true_size) == 140);
static_assert(offsetof(ProgLoadAttr, func_info) == 80 && offsetof(ProgLoadAttr, fd_array) == 120);

struct ObjAttr {
  u64 pathname;
  u32 bpf_fd, file_flags;
  s32 path_fd;
  static constexpr u32 kEnd = 20;
};

struct AttachAttr {
  u32 target_fd, attach_bpf_fd, attach_type, attach_flags, replace_bpf_fd, relative_fd;
  u64 expected_revision;
  static constexpr u32 kEnd = 32;
};

struct TestRunAttr {
  u32 prog_fd, retval, data_size_in, data_size_out;
  u64 data_in, data_out;
  u32 repeat, duration, ctx_size_in, ctx_size_out;
  u64 ctx_in, ctx_out;
  u32 flags, cpu, batch_size;
  static constexpr u32 kEnd = 76;
};
static_assert(offsetof(TestRunAttr, batch_size) == 72);

struct IdAttr {
  u32 id;  // start_id, prog_id, map_id, btf_id or link_id
  u32 next_id, open_flags;
  s32 token_fd;
  static constexpr u32 kEndNextId = 8, kEndOpenFlags = 12, kEndId = 4, kEndToken = 16;
};

struct InfoAttr {
  u32 bpf_fd, info_len;
  u64 info;
  static constexpr u32 kEnd = 16;
};

struct QueryAttr {
  u8 bytes[64];
  static constexpr u32 kEnd = 64;
};

struct RawTracepointAttr {
  u64 name;
  u32 prog_fd, pad;
  u64 cookie;
  static constexpr u32 kEnd = 24;
};

struct BtfLoadAttr {
  u64 btf, btf_log_buf;
  u32 btf_size, btf_log_size, btf_log_level, btf_log_true_size, btf_flags;
  s32 btf_token_fd;
  static constexpr u32 kEnd = 40;
};
static_assert(sizeof(BtfLoadAttr) == 40 && offsetof(BtfLoadAttr, btf_log_true_size) == 28);

struct TaskFdQueryAttr {
  u8 bytes[48];
  static constexpr u32 kEnd = 48;
};

struct LinkCreateAttr {
  u32 prog_fd, target_fd, attach_type, flags;
  // uprobe_multi; other link types lay other fields over these.
  u64 path, offsets, ref_ctr_offsets, cookies;
  u32 cnt, multi_flags, pid;
  static constexpr u32 kEnd = 60;
};
static_assert(offsetof(LinkCreateAttr, pid) == 56);

struct BindMapAttr {
  u32 prog_fd, map_fd, flags;
  static constexpr u32 kEnd = 12;
};

struct TokenCreateAttr {
  u32 flags, bpffs_fd;
  static constexpr u32 kEnd = 8;
};

// What OBJ_GET_INFO_BY_FD writes. Sizes include the tail padding, as sizeof in the kernel does.
struct MapInfo {
  u32 type, id, key_size, value_size, max_entries, map_flags;
  char name[kObjNameLen];
  u32 ifindex, btf_vmlinux_value_type_id;
  u64 netns_dev, netns_ino;
  u32 btf_id, btf_key_type_id, btf_value_type_id, btf_vmlinux_id;
  u64 map_extra, hash;
  u32 hash_size;
};
static_assert(sizeof(MapInfo) == 104 && offsetof(MapInfo, map_extra) == 80);

struct ProgInfo {
  u32 type, id;
  u8 tag[8];
  u32 jited_prog_len, xlated_prog_len;
  u64 jited_prog_insns, xlated_prog_insns, load_time;
  u32 created_by_uid, nr_map_ids;
  u64 map_ids;
  char name[kObjNameLen];
  u32 ifindex, gpl_compatible;
  u64 netns_dev, netns_ino;
  u32 nr_jited_ksyms, nr_jited_func_lens;
  u64 jited_ksyms, jited_func_lens;
  u32 btf_id, func_info_rec_size;
  u64 func_info;
  u32 nr_func_info, nr_line_info;
  u64 line_info, jited_line_info;
  u32 nr_jited_line_info, line_info_rec_size, jited_line_info_rec_size, nr_prog_tags;
  u64 prog_tags, run_time_ns, run_cnt, recursion_misses;
  u32 verified_insns, attach_btf_obj_id, attach_btf_id;
};
static_assert(offsetof(ProgInfo, name) == 64 && offsetof(ProgInfo, btf_id) == 128 &&
              offsetof(ProgInfo, attach_btf_id) == 224);

struct BtfInfo {
  u64 btf;
  u32 btf_size, id;
  u64 name;
  u32 name_len, kernel_btf;
};
static_assert(sizeof(BtfInfo) == 32);

}  // namespace skep::sys
