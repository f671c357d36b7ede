// BPF_PROG_TEST_RUN of programs whose context is all there is: syscall, raw tracepoints, socket look-ups; and flow
// dissectors.
#include <algorithm>
#include <cstring>

#include "sys/test_run.h"
#include "verifier/facts.h"

namespace skep::sys {
namespace {

constexpr u32 kOnCpu = 1;                   // BPF_F_TEST_RUN_ON_CPU
constexpr u32 kMaxTracepointArgs = 12 * 8;  // bytes
constexpr u32 kPage = 4096;
constexpr u32 kInet = 2, kInet6 = 10;

// The end of what the program reads of its context.
u32 ctx_end(const verifier::ExecFacts& facts) {
  u32 end = 0;
  for (size_t i = 0; i < facts.insns.size(); ++i) {
    if (facts.facts[i].seen && facts.facts[i].mem == verifier::MemAccess::Ctx)
      end = std::max(end, u32(facts.insns[i].off) + isa::size_bytes(facts.insns[i].code));
  }
  return end;
}

// UAPI struct bpf_sk_lookup.
struct SkLookupFields {
  u64 cookie;  // on the way in: must be zero; in the program: the chosen socket
  u32 family, protocol, remote_ip4, remote_ip6[4];
  u16 remote_port, zero;
  u32 local_ip4, local_ip6[4], local_port, ingress_ifindex, padding;
};
static_assert(sizeof(SkLookupFields) == 72 && offsetof(SkLookupFields, local_port) == 60);

// The program sees the addresses of its family; those of the other are zeros.
void forget_other_family(SkLookupFields& fields) {
  if (fields.family == kInet) {
    std::memset(fields.remote_ip6, 0, sizeof(fields.remote_ip6));
    std::memset(fields.local_ip6, 0, sizeof(fields.local_ip6));
  } else {
    fields.remote_ip4 = fields.local_ip4 = 0;
  }
}

struct FlowFields {
  engine::Context<engine::SkbFields> ctx;
  engine::FlowKeys keys{};
  engine::Packet packet;
};

// The headers that a dissector may name lie in the packet.
void clamp(engine::FlowKeys& keys, u32 size) {
  const auto within = [size](u16 offset, u32 from) { return u16(std::clamp<u32>(offset, from, size)); };
  keys.nhoff = within(keys.nhoff, engine::kEthHeader);
  keys.thoff = within(keys.thoff, keys.nhoff);
}

Result<Ran> dissect(const TestRun& test, FlowFields& flow, const std::vector<u8>& data, u32 flags) {
  Ran sum;
  u64 spent = 0;
  const u32 repeat = std::max(test.attr.repeat, 1u);
  for (u32 i = 0; i < repeat; ++i) {
    flow.keys = {.nhoff = engine::kEthHeader, .thoff = engine::kEthHeader, .flags = flags};
    std::memcpy(&flow.keys.n_proto, data.data() + 12, 2);
    const auto ran = run_repeated(test, flow.ctx.pointer(), 1);
    if (!ran.ok()) return ran.status();
    clamp(flow.keys, u32(data.size()));
    sum.retval = ran->retval;
    spent += ran->duration;
  }
  sum.duration = u32(spent / repeat);
  return sum;
}

template <typename T>
std::span<u8> bytes_of(T& fields) {
  return {reinterpret_cast<u8*>(&fields), sizeof(fields)};
}

bool only_flags(const engine::FlowKeys& given) {
  const engine::FlowKeys wanted{.flags = given.flags};
  return std::memcmp(&given, &wanted, sizeof(given)) == 0;
}

}  // namespace

long test_run_syscall(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if (attr.data_in || attr.data_out || attr.ctx_out || attr.duration || attr.repeat || attr.flags || attr.batch_size)
    return -EINVAL;
  if (attr.ctx_size_in < ctx_end(*test.code.facts) || attr.ctx_size_in > UINT16_MAX) return -EINVAL;
  std::vector<u8> ctx(attr.ctx_size_in);
  if (!ctx.empty() && !copy_from_user(ctx.data(), attr.ctx_in, ctx.size())) return -EFAULT;
  const auto ran = run_repeated(test, reinterpret_cast<u64>(ctx.data()), 1);
  if (!ran.ok()) return -ran.error();
  if (const long error = write_retval(test, ran->retval)) return error;
  return ctx.empty() || copy_to_user(attr.ctx_in, ctx.data(), ctx.size()) ? 0 : -EFAULT;
}

long test_run_in_place(const TestRun& test) {
  if (test.attr.ctx_size_in > kPage) return -EINVAL;
  std::vector<u8> room(sizeof(engine::CtxHead) + kPage);  // no packet is behind it; what was not given is zero
  u8* const ctx = room.data() + sizeof(engine::CtxHead);
  if (!copy_from_user(ctx, test.attr.ctx_in, test.attr.ctx_size_in)) return -EFAULT;
  const auto ran = run_repeated(test, reinterpret_cast<u64>(ctx), test.attr.repeat);
  if (!ran.ok()) return -ran.error();
  const long error = write_result(test, *ran, {});
  return error ? error : write_ctx(test, {ctx, test.attr.ctx_size_in});
}

long test_run_raw_tracepoint(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if (attr.data_in || attr.data_out || attr.ctx_out || attr.duration || attr.repeat || attr.batch_size) return -EINVAL;
  if (attr.ctx_size_in < ctx_end(*test.code.facts) || attr.ctx_size_in > kMaxTracepointArgs) return -EINVAL;
  if (!(attr.flags & kOnCpu) && attr.cpu) return -EINVAL;
  u64 args[kMaxTracepointArgs / 8] = {};
  if (attr.ctx_size_in && !copy_from_user(args, attr.ctx_in, attr.ctx_size_in)) return -EFAULT;
  if ((attr.flags & kOnCpu) && attr.cpu >= test.call.kernel.target().possible_cpus()) return -ENXIO;
  const auto ran = run_repeated(test, reinterpret_cast<u64>(args), 1, attr.flags & kOnCpu ? attr.cpu : engine::kAnyCpu);
  return ran.ok() ? write_retval(test, ran->retval) : -ran.error();
}

long test_run_flow_dissector(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if (attr.flags || attr.cpu || attr.batch_size) return -EINVAL;
  auto data = read_data(test, kPage);
  if (!data.ok()) return -data.error();
  engine::FlowKeys given{};
  if (const long error = read_ctx(test, bytes_of(given))) return error;
  if (!only_flags(given)) return -EINVAL;
  FlowFields flow;
  flow.packet.head = &flow.ctx.head;
  flow.packet.skb = &flow.ctx.fields;
  engine::place_packet(flow.packet, 0, data->data(), u32(data->size()), u32(data->size()));
  flow.packet.network = engine::kEthHeader;
  flow.ctx.head.packet = &flow.packet;
  flow.ctx.fields.flow_keys = &flow.keys;
  const auto ran = dissect(test, flow, *data, given.flags);
  if (!ran.ok()) return -ran.error();
  const std::span<const u8> keys[] = {bytes_of(flow.keys)};
  const long error = write_result(test, *ran, keys);
  return error ? error : write_ctx(test, bytes_of(given));
}

long test_run_sk_lookup(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if (attr.flags || attr.cpu || attr.batch_size) return -EINVAL;
  if (attr.data_in || attr.data_size_in || attr.data_out || attr.data_size_out) return -EINVAL;
  if (!attr.ctx_in && !attr.ctx_out) return -EINVAL;
  SkLookupFields given{};
  if (const long error = read_ctx(test, bytes_of(given))) return error;
  if (given.cookie || given.ingress_ifindex || given.padding) return -EINVAL;
  if (given.local_port > UINT16_MAX) return -ERANGE;
  if (given.family != kInet && given.family != kInet6) return -EAFNOSUPPORT;
  SkLookupFields ctx = given;
  ctx.zero = 0;
  forget_other_family(ctx);
  const auto ran = run_repeated(test, reinterpret_cast<u64>(&ctx), attr.repeat);
  if (!ran.ok()) return -ran.error();
  const long error = write_result(test, *ran, {});
  return error ? error : write_ctx(test, bytes_of(given));
}

}  // namespace skep::sys
