// See session.h.
#include "session.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "bytes.h"
#include "isa/assemble.h"
#include "target/uapi.h"

namespace skep::runs {
namespace {

struct TypeName {
  std::string_view name;
  u32 type;
};
constexpr TypeName kTypes[] = {
    {"socket_filter", BPF_PROG_TYPE_SOCKET_FILTER},
    {"kprobe", BPF_PROG_TYPE_KPROBE},
    {"sched_cls", BPF_PROG_TYPE_SCHED_CLS},
    {"sched_act", BPF_PROG_TYPE_SCHED_ACT},
    {"tracepoint", BPF_PROG_TYPE_TRACEPOINT},
    {"xdp", BPF_PROG_TYPE_XDP},
    {"perf_event", BPF_PROG_TYPE_PERF_EVENT},
    {"cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB},
    {"cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK},
    {"lwt_in", BPF_PROG_TYPE_LWT_IN},
    {"lwt_out", BPF_PROG_TYPE_LWT_OUT},
    {"lwt_xmit", BPF_PROG_TYPE_LWT_XMIT},
    {"sock_ops", BPF_PROG_TYPE_SOCK_OPS},
    {"sk_skb", BPF_PROG_TYPE_SK_SKB},
    {"cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE},
    {"sk_msg", BPF_PROG_TYPE_SK_MSG},
    {"raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT},
    {"cgroup_sock_addr", BPF_PROG_TYPE_CGROUP_SOCK_ADDR},
    {"lwt_seg6local", BPF_PROG_TYPE_LWT_SEG6LOCAL},
    {"lirc_mode2", BPF_PROG_TYPE_LIRC_MODE2},
    {"sk_reuseport", BPF_PROG_TYPE_SK_REUSEPORT},
    {"flow_dissector", BPF_PROG_TYPE_FLOW_DISSECTOR},
    {"cgroup_sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL},
    {"raw_tracepoint_writable", BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE},
    {"cgroup_sockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT},
    {"tracing", BPF_PROG_TYPE_TRACING},
    {"struct_ops", BPF_PROG_TYPE_STRUCT_OPS},
    {"lsm", BPF_PROG_TYPE_LSM},
    {"sk_lookup", BPF_PROG_TYPE_SK_LOOKUP},
    {"syscall", BPF_PROG_TYPE_SYSCALL},
    {"netfilter", BPF_PROG_TYPE_NETFILTER},
};

constexpr u32 kMaxBuffer = 1 << 20;  // no script asks for more

Words words_of(std::string_view text) {
  Words words;
  while (!text.empty()) {
    const size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    const size_t equals = word.find('=');
    if (!word.empty()) words.emplace(word.substr(0, equals), equals == word.npos ? "" : word.substr(equals + 1));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return words;
}

u64 number(const Words& words, std::string_view name, u64 otherwise = 0) {
  const auto found = words.find(name);
  return found == words.end() ? otherwise : std::strtoull(found->second.c_str(), nullptr, 0);
}

std::string text_of(const Words& words, std::string_view name) {
  const auto found = words.find(name);
  return found == words.end() ? std::string() : found->second;
}

// What a pointer of the attr leads to: bytes, nothing, or an address that faults.
struct Buffer {
  std::vector<u8> bytes;
  u64 at = 0;
};

Buffer buffer_of(const Words& words, std::string_view name) {
  const std::string text = text_of(words, name);
  Buffer buffer;
  if (text.empty()) return buffer;
  if (text == "bad") {
    buffer.at = 8;
    return buffer;
  }
  buffer.bytes = parse_bytes(text);
  buffer.at = sys::address(buffer.bytes.data());
  return buffer;
}

Buffer room_of(const Words& words, std::string_view name) {
  Buffer buffer;
  buffer.bytes.resize(std::min<u64>(number(words, name), kMaxBuffer));
  if (!buffer.bytes.empty()) buffer.at = sys::address(buffer.bytes.data());
  return buffer;
}

std::string filled(const Buffer& buffer, u32 size, std::string (*show)(const std::vector<u8>&)) {
  const size_t n = std::min<size_t>(buffer.bytes.size(), size);
  return show({buffer.bytes.begin(), buffer.bytes.begin() + std::ptrdiff_t(n)});
}

// What a call that failed has written all the same.
std::string left_by_error(const sys::TestRunAttr& given, const sys::TestRunAttr& attr) {
  std::string text;
  if (attr.retval != given.retval) text += fmt::format(" ret={:#x}", attr.retval);
  if (attr.data_size_out != given.data_size_out) text += fmt::format(" size={}", attr.data_size_out);
  if (attr.ctx_size_out != given.ctx_size_out) text += fmt::format(" ctx_size={}", attr.ctx_size_out);
  return text;
}

}  // namespace

Session::Session(sys::Asker asker, std::shared_ptr<const btf::Btf> types) : types_(std::move(types)) {
  asker_.bpf = [this, real = std::move(asker.bpf)](int cmd, void* attr, u32 size) {
    ++calls_;
    return real(cmd, attr, size);
  };
}

Session::~Session() {
  if (prog_ >= 0) close(prog_);
}

std::string Session::run(std::string_view line) {
  if (line.starts_with("prog ")) {
    const size_t colon = line.find(": ");
    const std::string_view head = line.substr(5, colon - 5);
    return load(head.substr(0, head.find(' ')), words_of(head), line.substr(colon + 2));
  }
  if (line.starts_with("run")) return test_run(words_of(line.substr(3)));
  return "no such question";
}

std::string Session::load(std::string_view type, const Words& words, std::string_view text) {
  if (prog_ >= 0) close(prog_);
  prog_ = -1;
  std::string lines(text);
  std::replace(lines.begin(), lines.end(), ';', '\n');
  auto assembly = isa::assemble(lines);
  if (!assembly.ok()) return assembly.status().context();
  const auto row =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return t.name == type; });
  if (row == std::end(kTypes)) return "no such type";
  sys::ProgLoadAttr attr{.prog_type = row->type,
                         .insn_cnt = u32(assembly->insns.size()),
                         .insns = sys::address(assembly->insns.data()),
                         .license = sys::address("GPL"),
                         .prog_flags = u32(number(words, "flags")),
                         .expected_attach_type = u32(number(words, "attach"))};
  const std::string target = text_of(words, "func"), ops = text_of(words, "struct");
  if (types_ && !target.empty()) attr.attach_btf_id = types_->find(target, btf::Kind::Func);
  if (types_ && !ops.empty()) attr.attach_btf_id = types_->find(ops, btf::Kind::Struct);
  const long result = asker_.ask(sys::BPF_PROG_LOAD, attr);
  if (result < 0) return fmt::format("{}", result);
  prog_ = int(result);
  return "loaded";
}

std::string Session::test_run(const Words& words) {
  Buffer in = buffer_of(words, "data"), ctx = buffer_of(words, "ctx");
  Buffer out = room_of(words, "out"), ctx_out = room_of(words, "ctx_out");
  const Buffer state = buffer_of(words, "state");  // what the first argument of a struct_ops program points to
  if (state.at && ctx.bytes.size() >= sizeof(state.at)) std::memcpy(ctx.bytes.data(), &state.at, sizeof(state.at));
  sys::TestRunAttr attr{.prog_fd = u32(prog_),
                        .data_size_in = u32(number(words, "size", in.bytes.size())),
                        .data_size_out = u32(number(words, "out")),
                        .data_in = in.at,
                        .data_out = number(words, "out_at", out.at),
                        .repeat = u32(number(words, "repeat")),
                        .ctx_size_in = u32(number(words, "ctx_size", ctx.bytes.size())),
                        .ctx_size_out = u32(number(words, "ctx_out")),
                        .ctx_in = ctx.at,
                        .ctx_out = number(words, "ctx_out_at", ctx_out.at),
                        .flags = u32(number(words, "flags")),
                        .cpu = u32(number(words, "cpu")),
                        .batch_size = u32(number(words, "batch"))};
  const sys::TestRunAttr given = attr;
  const u64 longer = number(words, "junk");  // behind the last field of the attr
  u8 bytes[sys::kAttrSize] = {};
  std::memcpy(bytes, &attr, sizeof(attr));
  bytes[sys::TestRunAttr::kEnd] = u8(longer);
  const long result = asker_.bpf(sys::BPF_PROG_TEST_RUN, bytes, sizeof(bytes));
  std::memcpy(&attr, bytes, sizeof(attr));
  std::string text = fmt::format("{}", result);
  if (result != 0 && result != -ENOSPC) return text + left_by_error(given, attr);
  text += fmt::format(" ret={:#x}", attr.retval);
  if (attr.data_size_out) text += fmt::format(" size={}", attr.data_size_out);
  if (out.at) text += " data=" + filled(out, attr.data_size_out, hex);
  if (attr.ctx_size_out) text += fmt::format(" ctx_size={}", attr.ctx_size_out);
  if (ctx_out.at) text += " ctx=" + filled(ctx_out, attr.ctx_size_out, runs::words);
  if (state.at) text += " state=" + filled(state, u32(state.bytes.size()), runs::words);
  if (words.contains("back")) text += " back=" + filled(ctx, u32(ctx.bytes.size()), runs::words);
  return text;
}

}  // namespace skep::runs
