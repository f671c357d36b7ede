// BPF_PROG_TEST_RUN of programs whose context is typed by the kernel's BTF: tracing, struct_ops and netfilter. Their
// kernel objects are images laid out as the target's BTF says (engine/btf_layout.h).
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "engine/btf_layout.h"
#include "sys/test_run.h"
#include "verifier/facts.h"

namespace skep::sys {
namespace {

using engine::Layout;

constexpr u32 kMaxArgs = 12;
constexpr u32 kPage = 4096, kHeadroom = 64, kRoomAfter = 320;  // NET_SKB_PAD, struct skb_shared_info

// --- tracing ------------------------------------------------------------------------------------------------------

// What the kernel's own test functions give if nothing that is attached to them changes it: two side effects and the
// sum 33 (BPF_MODIFY_RETURN); all is well, 0 (fentry and fexit).
constexpr u32 kModifyReturnRetval = 2u << 16 | 33;

Result<u32> untouched_retval(u32 attach_type) {
  switch (attach_type) {
    case BPF_TRACE_FENTRY:
    case BPF_TRACE_FEXIT: return 0u;
    case BPF_MODIFY_RETURN: return kModifyReturnRetval;
    default: return error_status(EFAULT);
  }
}

// Arguments in ctx_in: an extension of ours, the kernel does not look at them.
long run_on_args(const TestRun& test) {
  u64 args[kMaxArgs] = {};
  if (test.attr.ctx_size_in > sizeof(args)) return -EINVAL;
  if (!copy_from_user(args, test.attr.ctx_in, test.attr.ctx_size_in)) return -EFAULT;
  const auto ran = run_repeated(test, reinterpret_cast<u64>(args), test.attr.repeat);
  if (!ran.ok()) return -ran.error();
  if (!test.call.write_back(offsetof(TestRunAttr, duration), ran->duration)) return -EFAULT;
  return write_retval(test, ran->retval);
}

// --- struct_ops ---------------------------------------------------------------------------------------------------

// The kernel runs programs of this struct only.
constexpr std::string_view kDummyOps = "bpf_dummy_ops", kDummyState = "bpf_dummy_ops_state";

// A parameter of the program's operation.
struct OpsParam {
  bool pointer = false, nullable = false;
};

// The prototype of an operation: the member of the struct is a pointer to it.
std::span<const btf::Param> prototype(const btf::Btf& types, std::string_view member) {
  const u32 ops = types.find(kDummyOps, btf::Kind::Struct);
  if (ops == 0) return {};
  for (const btf::Member& each : types.members(types.type_by_id(ops))) {
    const btf::Type* const function = types.resolve_ptr(each.type);
    if (types.string_at(each.name_off) == member && function) return types.params(function);
  }
  return {};
}

// Which arguments may be NULL, the operation's stub tells: bpf_dummy_ops__test_1(struct bpf_dummy_ops_state
// *cb__nullable).
bool is_nullable(const btf::Btf& types, std::string_view member, size_t index) {
  const u32 stub = types.find(std::string(kDummyOps) + "__" + std::string(member), btf::Kind::Func);
  if (stub == 0) return false;
  const auto params = types.params(types.type_by_id(types.type_by_id(stub)->type()));
  return index < params.size() && types.string_at(params[index].name_off).ends_with("__nullable");
}

std::vector<OpsParam> params_of(const btf::Btf& types, std::string_view member) {
  std::vector<OpsParam> params;
  for (const btf::Param& param : prototype(types, member)) {
    const btf::Type* const type = types.skip_modifiers(param.type);
    params.push_back({type && btf::is_ptr(type), is_nullable(types, member, params.size())});
  }
  return params;
}

bool has_forbidden_null(const std::vector<OpsParam>& params, const u64* args) {
  for (size_t i = 0; i < params.size(); ++i)
    if (params[i].pointer && !params[i].nullable && args[i] == 0) return true;
  return false;
}

// --- netfilter ----------------------------------------------------------------------------------------------------

constexpr u8 kPfIpv4 = 2, kPfIpv6 = 10;  // NFPROTO_*
constexpr u8 kForward = 2, kLocalOut = 3, kPostRouting = 4;

// What a caller gives as ctx_in: struct nf_hook_state, of which only the first two fields may be set.
struct HookState {
  u8 hook = kLocalOut, pf = kPfIpv4;
};

struct NfObjects {
  std::vector<u8> state, device;
  std::vector<u8> skb;  // with a CtxHead before it, so that helpers find the packet
  engine::SkbFields fields{};
  engine::Packet packet;
  u64 ctx[2] = {};  // struct bpf_nf_ctx
};

// The packet must be of the family that the hook is said to belong to. What is sent has no Ethernet header yet.
int check_family(const HookState& hook, const std::vector<u8>& data) {
  if (hook.hook == kLocalOut) return 0;
  if (data.size() < engine::kEthHeader + engine::kIpv4Header) return EINVAL;
  switch (data[12] << 8 | data[13]) {
    case engine::kProtoIpv4: return hook.pf == kPfIpv4 ? 0 : EINVAL;
    case engine::kProtoIpv6:
      return hook.pf == kPfIpv6 && data.size() >= engine::kEthHeader + engine::kIpv6Header ? 0 : EINVAL;
    default: return EPROTO;
  }
}

Result<HookState> hook_of(const TestRun& test, u32 size, const std::vector<u8>& data) {
  HookState hook;
  if (test.attr.ctx_in == 0) return test.attr.ctx_out ? Result<HookState>(error_status(EINVAL)) : hook;
  std::vector<u8> given(size);
  if (const long error = read_ctx(test, given)) return error_status(int(-error));
  hook = {given[0], given[1]};
  const auto padding_end = given.begin() + 8;
  const bool rest = std::any_of(padding_end, given.end(), [](u8 byte) { return byte != 0; });
  if (rest || (hook.pf != kPfIpv4 && hook.pf != kPfIpv6)) return error_status(EINVAL);
  if (const int error = check_family(hook, data)) return error_status(error);
  return hook;
}

// lo, where the packet comes from, or goes to, or both.
void set_devices(const Layout& layout, NfObjects& nf, u8 hook) {
  const u64 device = reinterpret_cast<u64>(nf.device.data());
  if (hook <= kForward) layout.write(nf.state.data(), "in", device);
  if (hook >= kForward && hook <= kPostRouting) layout.write(nf.state.data(), "out", device);
}

void make_skb(const btf::Btf& types, NfObjects& nf, u8 hook, const std::vector<u8>& data) {
  const Layout layout(types, "sk_buff");
  nf.skb.assign(sizeof(engine::CtxHead) + layout.size(), 0);
  u8* const image = nf.skb.data() + sizeof(engine::CtxHead);
  nf.packet.head = reinterpret_cast<engine::CtxHead*>(nf.skb.data());
  nf.packet.skb = &nf.fields;
  engine::place_packet(nf.packet, kHeadroom, data.data(), u32(data.size()), kPage);
  const u32 header = hook == kLocalOut ? 0 : engine::kEthHeader;
  nf.packet.mac = kHeadroom;
  nf.packet.network = kHeadroom + header;
  nf.packet.grows = true;
  nf.packet.head->data += header;
  nf.packet.head->data_meta = nf.packet.head->data;
  nf.packet.head->packet = &nf.packet;
  nf.fields.len = nf.packet.size();
  layout.write(image, "len", nf.fields.len);
  layout.write(image, "data", reinterpret_cast<u64>(nf.packet.head->data));
  layout.write(image, "head", reinterpret_cast<u64>(nf.packet.room.data()));
  layout.write(image, "mac_header", nf.packet.mac);
  layout.write(image, "network_header", nf.packet.network);
  if (header == 0) return;
  u16 protocol;
  std::memcpy(&protocol, data.data() + 12, sizeof(protocol));
  layout.write(image, "protocol", protocol);
}

void make_hook_state(const btf::Btf& types, NfObjects& nf, const HookState& hook) {
  const Layout device(types, "net_device"), state(types, "nf_hook_state");
  nf.device.assign(device.size(), 0);
  device.write(nf.device.data(), "ifindex", 1);
  nf.state.assign(state.size(), 0);
  state.write(nf.state.data(), "hook", hook.hook);
  state.write(nf.state.data(), "pf", hook.pf);
  set_devices(state, nf, hook.hook);
}

}  // namespace

long test_run_tracing(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if (attr.flags || attr.cpu || attr.batch_size) return -EINVAL;
  if (attr.ctx_in) return run_on_args(test);
  const auto retval = untouched_retval(test.prog.image.header.expected_attach_type);
  return retval.ok() ? write_retval(test, *retval) : -retval.error();
}

long test_run_struct_ops(const TestRun& test) {
  const btf::Btf* const types = test.machine().vmlinux();
  const target::ProgKind& kind = test.code.facts->kind;
  if (!types || kind.attach_name != kDummyOps) return -EOPNOTSUPP;
  const std::vector<OpsParam> params = params_of(*types, kind.struct_ops_member);
  if (test.attr.ctx_size_in != params.size() * 8 || params.size() > kMaxArgs) return -EINVAL;
  u64 args[kMaxArgs] = {};
  if (!copy_from_user(args, test.attr.ctx_in, test.attr.ctx_size_in)) return -EFAULT;
  const u64 user_state = args[0];
  std::vector<u8> state(Layout(*types, kDummyState).size());
  if (user_state && !copy_from_user(state.data(), user_state, state.size())) return -EFAULT;
  if (user_state) args[0] = reinterpret_cast<u64>(state.data());
  if (has_forbidden_null(params, args)) return -EINVAL;
  const auto ran = run_repeated(test, reinterpret_cast<u64>(args), 1);
  if (!ran.ok()) return -ran.error();
  if (user_state && !copy_to_user(user_state, state.data(), state.size())) return -EFAULT;
  return write_retval(test, ran->retval);
}

long test_run_netfilter(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if (attr.flags || attr.cpu || attr.batch_size) return -EINVAL;
  const btf::Btf* const types = test.machine().vmlinux();
  if (!types) return -EOPNOTSUPP;
  if (attr.data_size_in < engine::kIpv4Header) return -EINVAL;
  auto data = read_data(test, kPage - kHeadroom - kRoomAfter);
  if (!data.ok()) return -data.error();
  const auto hook = hook_of(test, Layout(*types, "nf_hook_state").size(), *data);
  if (!hook.ok()) return -hook.error();
  NfObjects nf;
  make_skb(*types, nf, hook->hook, *data);
  make_hook_state(*types, nf, *hook);
  nf.ctx[0] = reinterpret_cast<u64>(nf.state.data());
  nf.ctx[1] = reinterpret_cast<u64>(nf.skb.data() + sizeof(engine::CtxHead));
  const auto ran = run_repeated(test, reinterpret_cast<u64>(nf.ctx), attr.repeat);
  return ran.ok() ? write_result(test, *ran, {}) : -ran.error();
}

}  // namespace skep::sys
