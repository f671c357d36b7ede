// Sockets and flow keys: small structs with a table of fields (spec: memory.md 8).
#include <iterator>

#include "verifier/mem/mem.h"

namespace skep::verifier {
namespace {

constexpr int kFlowKeysBytes = 56;

// A field at [begin, end). Narrow: any aligned part of a 4-byte word may be read.
enum class FieldRule : u8 { Exact, Narrow, Refused };
struct SockField {
  int begin, end;
  FieldRule rule;
  u8 size;  // bytes of an Exact access
};

// struct bpf_sock (UAPI).
constexpr SockField kSockFields[] = {
    {0, 4, FieldRule::Exact, 4},      // bound_dev_if
    {4, 16, FieldRule::Narrow, 4},    // family, type, protocol
    {16, 24, FieldRule::Exact, 4},    // mark, priority
    {24, 48, FieldRule::Narrow, 4},   // src_ip4, src_ip6, src_port
    {48, 50, FieldRule::Narrow, 2},   // dst_port
    {50, 52, FieldRule::Refused, 0},  // padding
    {52, 80, FieldRule::Narrow, 4},   // dst_ip4, dst_ip6, state, rx_queue_mapping
};
constexpr int kDstPort = 48;

constexpr SockField kTcpSockFields[] = {
    {0, 80, FieldRule::Exact, 4},
    {80, 96, FieldRule::Exact, 8},  // bytes_received, bytes_acked
    {96, 112, FieldRule::Exact, 4},
};

constexpr SockField kXdpSockFields[] = {{0, 4, FieldRule::Exact, 4}};  // queue_id

template <size_t N>
const SockField* find_field(const SockField (&fields)[N], int off) {
  for (const SockField& field : fields)
    if (off >= field.begin && off < field.end) return &field;
  return nullptr;
}

bool field_allows(const SockField* field, int off, int size) {
  if (!field || off % size) return false;
  switch (field->rule) {
    case FieldRule::Exact: return size == field->size;
    case FieldRule::Narrow: return size <= field->size;
    case FieldRule::Refused: return false;
  }
  return false;
}

bool sock_field_ok(int off, int size) {
  // The port was once a 4-byte field, and may still be read as one.
  if (off == kDstPort && size == 4) return true;
  return field_allows(find_field(kSockFields, off), off, size);
}

bool sock_common_field_ok(int off, int size) {
  constexpr int kType = 8, kAfterPriority = 24;
  return (off < kType || off >= kAfterPriority) && sock_field_ok(off, size);
}

}  // namespace

Outcome check_sock_access(Env& env, int, u32 regno, int off, int size, Access) {
  const RegState& reg = env.cregs()[regno];
  if (reg.var.smin < 0) return env.reject(diag::MinValueNegative{}, regno);
  bool ok = false;
  switch (reg.type) {
    case PTR_TO_SOCK_COMMON: ok = sock_common_field_ok(off, size); break;
    case PTR_TO_SOCKET: ok = sock_field_ok(off, size); break;
    case PTR_TO_TCP_SOCK: ok = field_allows(find_field(kTcpSockFields, off), off, size); break;
    case PTR_TO_XDP_SOCK: ok = field_allows(find_field(kXdpSockFields, off), off, size); break;
    default: break;
  }
  return ok ? kOk : env.reject(diag::InvalidSockAccess{}, regno, reg_type_str(reg.type), off, size);
}

Outcome check_flow_keys_access(Env& env, int off, int size) {
  if (size < 0 || off < 0 || u64(off) + u64(size) > kFlowKeysBytes)
    return env.reject(diag::InvalidFlowKeysAccess{}, off, size);
  return kOk;
}

}  // namespace skep::verifier
