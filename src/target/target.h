// What a kernel offers, as data: its profile ("linux-6.18") and the questions the verifier asks it. No I/O: the
// kernel's BTF comes from a loader the caller gives.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "btf/btf.h"
#include "target/helper.h"
#include "target/profile.h"
#include "target/reg_type.h"
#include "target/uapi.h"

namespace skep::target {

// The loader's capabilities. Each is also satisfied by CAP_SYS_ADMIN, which the caller folds in.
struct Caps {
  bool bpf = true, perfmon = true, net_admin = true, sys_admin = true, sys_boot = true;
};

// What about a program decides which helpers, contexts and ranges it has.
struct ProgKind {
  u32 prog_type = 0;
  u32 attach_type = 0;  // expected_attach_type
  bool sleepable = false;
  bool gpl = true;
  Caps caps;
  // Attach target by name: the function of fentry/fexit/fmod_ret, "bpf_lsm_..." hook, raw tracepoint, iterator;
  // struct_ops "type" and member. Empty if none.
  std::string_view attach_name = {};
  std::string_view struct_ops_member = {};
};

// Result of a context access: what a load gives.
struct CtxAccess {
  bool ok = false;
  RegType reg_type = SCALAR_VALUE;  // with PTR_MAYBE_NULL etc.
  const char* btf = nullptr;        // struct name for PTR_TO_BTF_ID
  bool sign_ext_ok = true;          // false: a sign-extending load of this field is refused
};

struct ReturnRange {
  bool enforced = false;
  s32 min = 0, max = 0;
};

// Per map type: what a program may do with it.
struct MapRules {
  const char* name;                           // "hash"
  bool direct_value;                          // BPF_PSEUDO_MAP_VALUE (array, arena ...)
  bool for_each;                              // bpf_for_each_map_elem
  bool sleepable_ok;                          // usable by sleepable programs
  bool lookup_acquires;                       // map_lookup_elem takes a reference (sockmap, sockhash)
  bool known_key_elision;                     // constant in-range key gives a non-null value (array, percpu_array)
  const char* kernel_struct;                  // struct behind a map pointer's loads ("bpf_array"), or nullptr
  u32 btf_fields;                             // btf::Field bits that its value may contain
  RegType value_reg_type = PTR_TO_MAP_VALUE;  // what a looked-up value is once it is known not to be null
};

struct Limits {
  u32 max_insns = 1'000'000;  // processed instructions; also program length with CAP_BPF
  u32 max_unpriv_insns = 4096;
  u32 max_pending_jumps = 8192;
  u32 max_states_per_insn_unpriv = 64;
  u32 max_frames = 8;
  u32 max_subprogs = 256;
  u32 max_used_maps = 64, max_used_btfs = 64;
  u32 max_stack = 512;
  u32 max_ctx_converted_field = 56;  // reserved
};

class HostAdditions;  // host.h
struct HostProgType;
struct KfuncRow;  // kfunc.h

class Target {
 public:
  using BtfLoader = std::function<std::shared_ptr<const btf::Btf>()>;
  // `loader` is called at most once, when the kernel's BTF is first needed; it may return null ("no BTF").
  explicit Target(BtfLoader loader, const Profile& profile = profiles().front())
      : loader_(std::move(loader)), profile_(profile) {}

  std::string_view name() const { return profile_.name; }
  std::string_view version() const { return profile_.version; }
  const Features& features() const { return profile_.features; }
  const Limits& limits() const { return limits_; }
  u32 possible_cpus() const { return possible_cpus_; }
  void set_possible_cpus(u32 n) { possible_cpus_ = n; }
  u32 page_size() const { return 4096; }
  const btf::Btf* vmlinux() const;

  // What a host application adds; null: nothing. Before the first program.
  void set_host(std::shared_ptr<const HostAdditions> host) { host_ = std::move(host); }
  const HostAdditions* host() const { return host_.get(); }
  const HostProgType* host_type(u32 prog_type) const;  // null: one of the kernel's
  // May this program call the kfunc: its row, or null.
  const KfuncRow* kfunc_for(std::string_view name, const ProgKind& kind) const;

  // The helper's canonical row (its name), whoever may call it; nullptr for ids 0 and >= kHelperCount.
  const HelperProto* helper(u32 id) const;
  const HelperProto* helper_by_name(std::string_view name) const;  // with or without "bpf_"
  // The prototype as this program has it, or nullptr: "program of this type cannot use helper".
  const HelperProto* helper_for(u32 id, const ProgKind& kind) const;
  // The helper's own condition, asked after the license check: false is "helper call is not allowed in probe" (spec:
  // helpers.md 1, row 4).
  bool helper_allowed(const HelperProto& helper, const ProgKind& kind) const;

  // A fixed-offset access to the context (spec: memory.md 3; data/ctx-access). BTF-typed contexts (tracing, lsm,
  // struct_ops, raw tracepoints with BTF) are not decided here but by the verifier from BTF: is_btf_ctx() says which.
  CtxAccess ctx_access(const ProgKind& kind, int off, int size, bool write) const;
  bool is_btf_ctx(const ProgKind& kind) const;
  // The program-visible context struct ("__sk_buff") and the kernel's ("sk_buff"); nullptr where a type has none.
  // `ctx_type_name` may be a typedef (kprobe: bpf_user_pt_regs_t).
  const char* ctx_struct_name(u32 prog_type) const;
  const char* ctx_kernel_struct_name(u32 prog_type) const;

  ReturnRange return_range(const ProgKind& kind) const;
  bool may_access_packet(u32 prog_type, bool write) const;  // direct packet read / write (memory.md 7)
  bool is_known_prog_type(u32 prog_type) const;             // built into the kernel
  bool is_net_admin_type(u32 prog_type) const;
  bool is_perfmon_type(u32 prog_type) const;
  bool is_tracing_type(u32 prog_type)
      const;  // KPROBE, TRACEPOINT, PERF_EVENT, RAW_TRACEPOINT(_WRITABLE): the map/program compatibility rule
  // PROG_LOAD's attach-type table (btf-and-load.md 3); attach type 0 already replaced where the kernel does.
  bool attach_type_ok(u32 prog_type, u32 attach_type) const;
  bool may_be_sleepable(u32 prog_type, u32 attach_type) const;

  const MapRules& map_rules(u32 map_type) const;  // a row of "nothing allowed" for unknown types
  // A lookup in such a map with a known key below max_entries gives a value that is not null.
  bool elides_null_check(u32 map_type) const {
    return features().const_key_elision && map_rules(map_type).known_key_elision;
  }
  // helpers.md 8: may this helper be called on this kind of map (both directions)?
  bool map_helper_compatible(u32 map_type, u32 helper_id) const;
  bool may_update_sockmap(const ProgKind& kind, u32 helper_id) const;

 private:
  BtfLoader loader_;
  mutable std::once_flag once_;
  mutable std::shared_ptr<const btf::Btf> vmlinux_;
  std::shared_ptr<const HostAdditions> host_;
  Profile profile_;
  Limits limits_;
  u32 possible_cpus_ = 2;
};

}  // namespace skep::target
