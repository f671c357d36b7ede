// Which kfuncs there are and who may call them (kfuncs.def). A set sits in a hook; a program type reads the common hook
// and its own; a set's filter may object. Spec: kfuncs.md 2.
#include "target/kfunc.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace skep::target {
namespace {

// Bits of KfuncRow::sets.
enum class Hook : u8 {
  Common,
  Xdp,
  Tc,
  SchedAct,
  StructOps,
  Tracing,
  Syscall,
  Cgroup,
  SkSkb,
  SocketFilter,
  Lwt,
  Netfilter,
  Kprobe,
  FmodRet,
  None
};
constexpr u32 hook(Hook h) { return h == Hook::None ? 0 : 1u << u32(h); }

enum class KfuncFilter : u8 {
  None,
  LsmOnly,
  IterOnly,
  SessionOnly,
  QdiscAny,
  QdiscEnqueue,
  QdiscDequeue,
  QdiscEnqueueDequeue,
  Never
};

struct Registration {
  std::string_view name;
  u32 flags;
  u32 hooks;
  KfuncFilter filter;
};
constexpr Registration kRegistrations[] = {
#include "target/kfuncs.def"
#include "target/kfuncs_older.def"
};
constexpr std::size_t kCount = std::size(kRegistrations);

struct Special {
  std::string_view name;
  SpecialKfunc special;
};
constexpr Special kSpecial[] = {
    {"bpf_obj_new_impl", SpecialKfunc::ObjNew},
    {"bpf_obj_drop_impl", SpecialKfunc::ObjDrop},
    {"bpf_percpu_obj_new_impl", SpecialKfunc::PercpuObjNew},
    {"bpf_percpu_obj_drop_impl", SpecialKfunc::PercpuObjDrop},
    {"bpf_refcount_acquire_impl", SpecialKfunc::RefcountAcquire},
    {"bpf_list_push_front_impl", SpecialKfunc::ListPushFront},
    {"bpf_list_push_back_impl", SpecialKfunc::ListPushBack},
    {"bpf_list_pop_front", SpecialKfunc::ListPopFront},
    {"bpf_list_pop_back", SpecialKfunc::ListPopBack},
    {"bpf_list_front", SpecialKfunc::ListFront},
    {"bpf_list_back", SpecialKfunc::ListBack},
    {"bpf_rbtree_add_impl", SpecialKfunc::RbtreeAdd},
    {"bpf_rbtree_remove", SpecialKfunc::RbtreeRemove},
    {"bpf_rbtree_first", SpecialKfunc::RbtreeFirst},
    {"bpf_rbtree_root", SpecialKfunc::RbtreeRoot},
    {"bpf_rbtree_left", SpecialKfunc::RbtreeLeft},
    {"bpf_rbtree_right", SpecialKfunc::RbtreeRight},
    {"bpf_cast_to_kern_ctx", SpecialKfunc::CastToKernCtx},
    {"bpf_rdonly_cast", SpecialKfunc::RdonlyCast},
    {"bpf_rcu_read_lock", SpecialKfunc::RcuReadLock},
    {"bpf_rcu_read_unlock", SpecialKfunc::RcuReadUnlock},
    {"bpf_preempt_disable", SpecialKfunc::PreemptDisable},
    {"bpf_preempt_enable", SpecialKfunc::PreemptEnable},
    {"bpf_local_irq_save", SpecialKfunc::LocalIrqSave},
    {"bpf_local_irq_restore", SpecialKfunc::LocalIrqRestore},
    {"bpf_res_spin_lock", SpecialKfunc::ResSpinLock},
    {"bpf_res_spin_unlock", SpecialKfunc::ResSpinUnlock},
    {"bpf_res_spin_lock_irqsave", SpecialKfunc::ResSpinLockIrqsave},
    {"bpf_res_spin_unlock_irqrestore", SpecialKfunc::ResSpinUnlockIrqrestore},
    {"bpf_dynptr_from_skb", SpecialKfunc::DynptrFromSkb},
    {"bpf_dynptr_from_xdp", SpecialKfunc::DynptrFromXdp},
    {"bpf_dynptr_from_skb_meta", SpecialKfunc::DynptrFromSkbMeta},
    {"bpf_dynptr_from_file", SpecialKfunc::DynptrFromFile},
    {"bpf_dynptr_slice", SpecialKfunc::DynptrSlice},
    {"bpf_dynptr_slice_rdwr", SpecialKfunc::DynptrSliceRdwr},
    {"bpf_dynptr_clone", SpecialKfunc::DynptrClone},
    {"bpf_throw", SpecialKfunc::Throw},
    {"bpf_wq_init", SpecialKfunc::WqInit},
    {"bpf_wq_set_callback_impl", SpecialKfunc::WqSetCallback},
    {"bpf_task_work_schedule_signal_impl", SpecialKfunc::TaskWorkSchedule},
    {"bpf_task_work_schedule_resume_impl", SpecialKfunc::TaskWorkSchedule},
    {"bpf_session_cookie", SpecialKfunc::SessionCookie},
    {"bpf_get_kmem_cache", SpecialKfunc::GetKmemCache},
    {"bpf_iter_num_new", SpecialKfunc::IterNumNew},
    {"bpf_iter_num_next", SpecialKfunc::IterNumNext},
    {"bpf_iter_num_destroy", SpecialKfunc::IterNumDestroy},
    {"bpf_iter_css_task_new", SpecialKfunc::IterCssTaskNew},
    {"bpf_xdp_pull_data", SpecialKfunc::XdpPullData},
    {"__bpf_trap", SpecialKfunc::BpfTrap},
    {"bpf_map_sum_elem_count", SpecialKfunc::MapSumElemCount},
};

constexpr SpecialKfunc special_of(std::string_view name) {
  const Special* row = std::ranges::find(kSpecial, name, &Special::name);
  return row != std::end(kSpecial) ? row->special : SpecialKfunc::None;
}

// All registrations as rows, sorted by name; the registration's place keeps its filter.
struct SortedRow {
  KfuncRow row;
  KfuncFilter filter = KfuncFilter::None;
};
using Sorted = std::array<SortedRow, kCount>;
constexpr Sorted sort_registrations() {
  Sorted sorted{};
  for (std::size_t i = 0; i < kCount; i++) {
    const Registration& r = kRegistrations[i];
    sorted[i] = {{r.name, r.flags, SpecialKfunc::None, r.hooks}, r.filter};
  }
  std::ranges::sort(sorted, [](const SortedRow& a, const SortedRow& b) {
    return a.row.name != b.row.name ? a.row.name < b.row.name : a.row.sets < b.row.sets;
  });
  for (SortedRow& s : sorted) s.row.special = special_of(s.row.name);
  return sorted;
}
constexpr Sorted kSorted = sort_registrations();

std::span<const SortedRow> rows_named(std::string_view name) {
  auto before = [](const SortedRow& s, std::string_view n) { return s.row.name < n; };
  auto after = [](std::string_view n, const SortedRow& s) { return n < s.row.name; };
  auto first = std::lower_bound(kSorted.begin(), kSorted.end(), name, before);
  return {first, std::upper_bound(first, kSorted.end(), name, after)};
}

struct TypeHook {
  u32 prog_type;
  Hook hook;
};
// Types that are not listed read only the common hook.
constexpr TypeHook kTypeHooks[] = {
    {BPF_PROG_TYPE_XDP, Hook::Xdp},
    {BPF_PROG_TYPE_SCHED_CLS, Hook::Tc},
    {BPF_PROG_TYPE_SCHED_ACT, Hook::SchedAct},
    {BPF_PROG_TYPE_STRUCT_OPS, Hook::StructOps},
    {BPF_PROG_TYPE_TRACING, Hook::Tracing},
    {BPF_PROG_TYPE_TRACEPOINT, Hook::Tracing},
    {BPF_PROG_TYPE_PERF_EVENT, Hook::Tracing},
    {BPF_PROG_TYPE_LSM, Hook::Tracing},
    {BPF_PROG_TYPE_SYSCALL, Hook::Syscall},
    {BPF_PROG_TYPE_CGROUP_SKB, Hook::Cgroup},
    {BPF_PROG_TYPE_CGROUP_SOCK, Hook::Cgroup},
    {BPF_PROG_TYPE_CGROUP_DEVICE, Hook::Cgroup},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, Hook::Cgroup},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, Hook::Cgroup},
    {BPF_PROG_TYPE_CGROUP_SYSCTL, Hook::Cgroup},
    {BPF_PROG_TYPE_SOCK_OPS, Hook::Cgroup},
    {BPF_PROG_TYPE_SK_SKB, Hook::SkSkb},
    {BPF_PROG_TYPE_SOCKET_FILTER, Hook::SocketFilter},
    {BPF_PROG_TYPE_LWT_IN, Hook::Lwt},
    {BPF_PROG_TYPE_LWT_OUT, Hook::Lwt},
    {BPF_PROG_TYPE_LWT_XMIT, Hook::Lwt},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL, Hook::Lwt},
    {BPF_PROG_TYPE_NETFILTER, Hook::Netfilter},
    {BPF_PROG_TYPE_KPROBE, Hook::Kprobe},
};

Hook hook_of(u32 prog_type) {
  const TypeHook* row = std::ranges::find(kTypeHooks, prog_type, &TypeHook::prog_type);
  return row != std::end(kTypeHooks) ? row->hook : Hook::None;
}

bool qdisc_member(const ProgKind& kind, std::string_view member) {
  return kind.attach_name == "Qdisc_ops" && (member.empty() || kind.struct_ops_member == member);
}

bool admitted(KfuncFilter filter, const ProgKind& kind) {
  switch (filter) {
    case KfuncFilter::None: return true;
    case KfuncFilter::LsmOnly: return kind.prog_type == BPF_PROG_TYPE_LSM;
    case KfuncFilter::IterOnly: return kind.attach_type == BPF_TRACE_ITER;
    case KfuncFilter::SessionOnly:
      return kind.attach_type == BPF_TRACE_KPROBE_SESSION || kind.attach_type == BPF_TRACE_UPROBE_SESSION;
    case KfuncFilter::QdiscAny: return qdisc_member(kind, {});
    case KfuncFilter::QdiscEnqueue: return qdisc_member(kind, "enqueue");
    case KfuncFilter::QdiscDequeue: return qdisc_member(kind, "dequeue");
    case KfuncFilter::QdiscEnqueueDequeue: return qdisc_member(kind, "enqueue") || qdisc_member(kind, "dequeue");
    case KfuncFilter::Never: return false;
  }
  return false;
}

}  // namespace

const KfuncRow* kfunc_row(std::string_view name) {
  auto rows = rows_named(name);
  return rows.empty() ? nullptr : &rows.front().row;
}

const KfuncRow* kfunc_for(std::string_view name, const ProgKind& kind) {
  u32 readable = hook(Hook::Common) | hook(hook_of(kind.prog_type));
  for (const SortedRow& s : rows_named(name)) {
    if ((s.row.sets & readable) && admitted(s.filter, kind)) return &s.row;
  }
  return nullptr;
}

const KfuncRow* acquiring_kfunc(const btf::Btf& kernel, u32 struct_id, const ProgKind& kind) {
  for (const SortedRow& s : kSorted) {
    if (!(s.row.flags & KF_ACQUIRE) || !s.row.name.ends_with("_acquire")) continue;
    const btf::Type* const func = kernel.type_by_id(kernel.find(s.row.name, btf::Kind::Func));
    const btf::Type* const proto = func ? kernel.type_by_id(func->type()) : nullptr;
    if (!proto || proto->kind() != btf::Kind::FuncProto || kernel.params(proto).size() != 1) continue;
    u32 taken = 0;
    if (kernel.resolve_ptr(kernel.params(proto)[0].type, &taken) && taken == struct_id)
      return kfunc_for(s.row.name, kind);
  }
  return nullptr;
}

bool is_registered_kfunc(const btf::Btf& kernel, u32 func_id) {
  constexpr std::string_view kTag = "bpf_kfunc";
  return kernel.has_decl_tag(func_id, -1, kTag) || kernel.find(kTag, btf::Kind::DeclTag) == 0;
}

}  // namespace skep::target
