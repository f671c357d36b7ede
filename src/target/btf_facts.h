// Facts about the kernel's BTF types and functions that are lists in the kernel and not in its BTF: trusted fields,
// kptr types, LSM hooks, tracepoints with nullable arguments, functions no program may attach to, struct_ops types.
// Spec: memory.md 9, protocols.md 3, btf-and-load.md 6.
#pragma once

#include <span>
#include <string_view>

#include "base/types.h"
#include "target/reg_type.h"

namespace skep::target {

// How far a pointer loaded from a trusted (or RCU) struct's field is to be trusted.
enum class FieldTrust : u8 { None, Trusted, TrustedOrNull, Rcu, RcuOrNull };
FieldTrust field_trust(std::string_view struct_name, std::string_view field);

// Types whose referenced kptrs may be read under RCU; program-allocated types always may.
bool is_rcu_safe_kptr_type(std::string_view struct_name);
// Types a referenced kptr may point to (a destructor is registered), for btf::KernelTypes.
std::span<const std::string_view> kptr_destructor_types();

// LSM hooks, with or without the prefix "bpf_lsm_".
bool is_sleepable_lsm_hook(std::string_view hook);
bool is_disabled_lsm_hook(std::string_view hook);   // "points to disabled hook"
bool is_untrusted_lsm_hook(std::string_view hook);  // its arguments are not trusted
bool is_bool_lsm_hook(std::string_view hook);       // must return 0 or 1

// Functions tracing programs may not attach to, and those that do not return (no fexit or fmod_ret).
bool is_tracing_denied(std::string_view function);
bool is_noreturn(std::string_view function);
// Error-injection functions that sleepable fmod_ret may not attach to although they may be modified.
bool is_non_sleepable_error_inject(std::string_view function);

// Functions that the kernel's types name, but its symbols do not: the reference kernel's list, others differ a little.
bool is_without_address(std::string_view function);

// Functions whose result fmod_ret may replace because they are made for it (security hooks may be modified by name).
// There is no list of error-injection functions: the reference kernels are built without it.
bool is_modifiable(std::string_view function);
bool is_modifiable_by_sleepable(std::string_view function);

// What an iterator says of its context's arguments beyond their BTF. `type` is PTR_TO_BTF_ID of `struct_name`, or a
// buffer.
struct IterArg {
  std::string_view iterator;  // "task", as in bpf_iter_task
  u32 index;                  // of the argument; 0 is the meta data
  RegType type;
  std::string_view struct_name;
};
// Empty: no such iterator.
std::span<const IterArg> iter_args(std::string_view iterator);

// A raw tracepoint's pointer arguments that can be NULL or hold an error: bit i = argument i (not counting the hidden
// first one).
struct TracepointArgs {
  std::string_view name;  // "kfree_skb"
  u16 null = 0;
  u16 error = 0;
};
// nullptr: not in the table (a module's tracepoint then has all arguments maybe null, one of vmlinux none).
const TracepointArgs* tracepoint_args(std::string_view name);

// A struct_ops type. `members` empty: every function member with a stub.
struct StructOpsType {
  std::string_view name;
  std::span<const std::string_view> members;
  std::span<const std::string_view> sleepable;  // members that may be sleepable
  bool any_sleepable;                           // no check at all
  bool sleepable_is_unsupported;                // refused with "attach to unsupported member" rather than silently
};
const StructOpsType* struct_ops_type(std::string_view name);
bool struct_ops_has_member(const StructOpsType& type, std::string_view member);
bool struct_ops_may_sleep(const StructOpsType& type, std::string_view member);

}  // namespace skep::target
