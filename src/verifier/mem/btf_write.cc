// Stores into the kernel's structs, by table: program, struct, field.
#include "verifier/mem/btf_write.h"

#include <optional>

namespace skep::verifier {
namespace {

// A field that programs of one kind may write; `path` names it from the struct that the program's pointer has (empty:
// all of the struct).
struct WritableField {
  u32 prog_type;
  std::string_view struct_ops;  // of STRUCT_OPS programs, else empty
  std::string_view holder;      // the struct pointed to
  std::string_view path;
};

constexpr std::string_view kTcpCa = "tcp_congestion_ops", kTcpSock = "tcp_sock";
constexpr std::string_view kDummy = "bpf_dummy_ops";
constexpr std::string_view kSchedExt = "sched_ext_ops", kTask = "task_struct";

constexpr WritableField kWritableFields[] = {
    {BPF_PROG_TYPE_SCHED_CLS, "", "nf_conn", "mark"},
    {BPF_PROG_TYPE_SCHED_CLS, "", "nf_conn___init", "ct.mark"},
    {BPF_PROG_TYPE_SCHED_ACT, "", "nf_conn", "mark"},
    {BPF_PROG_TYPE_SCHED_ACT, "", "nf_conn___init", "ct.mark"},
    {BPF_PROG_TYPE_XDP, "", "nf_conn", "mark"},
    {BPF_PROG_TYPE_SCHED_CLS, "", "nf_conn___init", "ct.mark"},
    {BPF_PROG_TYPE_SCHED_ACT, "", "nf_conn___init", "ct.mark"},
    {BPF_PROG_TYPE_XDP, "", "nf_conn___init", "ct.mark"},
    {BPF_PROG_TYPE_XDP, "", "nf_conn___init", "ct.mark"},
    {BPF_PROG_TYPE_STRUCT_OPS, kDummy, "bpf_dummy_ops_state", ""},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "inet_conn.icsk_inet.sk.sk_pacing_rate"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "inet_conn.icsk_inet.sk.sk_pacing_status"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "inet_conn.icsk_ca_priv"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "inet_conn.icsk_ack.pending"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "snd_cwnd"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "snd_cwnd_cnt"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "snd_cwnd_stamp"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "snd_ssthresh"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "ecn_flags"},
    {BPF_PROG_TYPE_STRUCT_OPS, kTcpCa, kTcpSock, "app_limited"},
    {BPF_PROG_TYPE_STRUCT_OPS, "bpf_dummy_ops", "bpf_dummy_ops_state", "val"},
    {BPF_PROG_TYPE_STRUCT_OPS, kSchedExt, kTask, "scx.slice"},
    {BPF_PROG_TYPE_STRUCT_OPS, kSchedExt, kTask, "scx.dsq_vtime"},
    {BPF_PROG_TYPE_STRUCT_OPS, kSchedExt, kTask, "scx.disallow"},
};

std::string_view struct_ops_of(const Env& env) {
  return env.prog_type() == BPF_PROG_TYPE_STRUCT_OPS && env.vmlinux() ? env.vmlinux()->name_of(env.struct_ops_type_id)
                                                                      : std::string_view();
}

bool row_is_for(const WritableField& row, const Env& env, std::string_view struct_ops) {
  return row.prog_type == env.prog_type() && row.struct_ops == struct_ops;
}

struct Bytes {
  u32 begin = 0, size = 0;
};

// The member `name` of struct `id`, and the type id behind it; also inside members without a name.
std::optional<Bytes> find_member(const btf::Btf& types, u32 id, std::string_view name, u32& member_id) {
  const btf::Type* t = types.skip_modifiers(id);
  if (!t) return std::nullopt;
  for (const btf::Member& m : types.members(t)) {
    const u32 begin = btf::Btf::member_bit_offset(t, m) / 8;
    const std::string_view found = types.string_at(m.name_off);
    if (found == name) {
      // A bit-field's byte is one byte.
      const u32 bits = btf::Btf::member_bitfield_size(t, m);
      member_id = m.type;
      return Bytes{begin, bits ? (bits + 7) / 8 : types.resolve_size(m.type).value_or(0)};
    }
    if (!found.empty()) continue;
    if (std::optional<Bytes> inner = find_member(types, m.type, name, member_id))
      return Bytes{begin + inner->begin, inner->size};
  }
  return std::nullopt;
}

std::optional<Bytes> find_path(const btf::Btf& types, u32 id, std::string_view path) {
  Bytes at{0, types.resolve_size(id).value_or(0)};
  while (!path.empty()) {
    const size_t dot = path.find('.');
    std::optional<Bytes> member = find_member(types, id, path.substr(0, dot), id);
    if (!member) return std::nullopt;
    at = {at.begin + member->begin, member->size};
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
  }
  return at;
}

}  // namespace

bool has_btf_write_rule(const Env& env) {
  const std::string_view struct_ops = struct_ops_of(env);
  for (const WritableField& row : kWritableFields)
    if (row_is_for(row, env, struct_ops)) return true;
  return false;
}

Outcome check_btf_write(Env& env, std::string_view name, int off, int size) {
  const std::string_view struct_ops = struct_ops_of(env);
  bool known_struct = false;
  for (const WritableField& row : kWritableFields) {
    if (!row_is_for(row, env, struct_ops) || row.holder != name) continue;
    known_struct = true;
    const std::optional<Bytes> field = find_path(*env.vmlinux(), env.vmlinux_struct(name), row.path);
    if (!field || u32(off) < field->begin || u32(off) >= field->begin + field->size) continue;
    const u32 end = field->begin + field->size;
    if (u32(off + size) > end) return env.reject(diag::WriteBeyondMember{}, off, size, name, end);
    return kOk;
  }
  if (known_struct && struct_ops != kSchedExt) return env.reject(diag::NoWriteSupport{}, name, off);
  if (struct_ops == kSchedExt || struct_ops == kDummy) return env.reject(diag::SilentStructWrite{});
  return env.reject(diag::BtfOnlyReadSupported{});
}

}  // namespace skep::verifier
