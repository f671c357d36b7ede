// See runner.h.
#include "cli/runner.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "object/loader.h"
#include "sys/kernel.h"
#include "sys/test_run.h"
#include "target/target.h"

namespace skep::cli {
namespace {

constexpr u32 kArgsSize = 12 * sizeof(u64);  // bytes: as many arguments as a traced function can have
constexpr u32 kRoom = 1 << 17;               // bytes that a program may add to a packet: more than any kernel lets it

// How BPF_PROG_TEST_RUN deals with a type.
struct Manners {
  u32 prog_type;
  bool data, ctx_out, repeats;
  bool words = false;  // the context is an array of arguments
};
constexpr Manners kManners[] = {
    {BPF_PROG_TYPE_SOCKET_FILTER, true, true, true},
    {BPF_PROG_TYPE_SCHED_CLS, true, true, true},
    {BPF_PROG_TYPE_SCHED_ACT, true, true, true},
    {BPF_PROG_TYPE_CGROUP_SKB, true, true, true},
    {BPF_PROG_TYPE_LWT_IN, true, true, true},
    {BPF_PROG_TYPE_LWT_OUT, true, true, true},
    {BPF_PROG_TYPE_LWT_XMIT, true, true, true},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL, true, true, true},
    {BPF_PROG_TYPE_SK_SKB, true, true, true},
    {BPF_PROG_TYPE_XDP, true, true, true},
    {BPF_PROG_TYPE_FLOW_DISSECTOR, true, false, true},
    {BPF_PROG_TYPE_NETFILTER, true, false, true},
    {BPF_PROG_TYPE_SK_LOOKUP, false, true, true},
    {BPF_PROG_TYPE_SYSCALL, false, false, false},
    {BPF_PROG_TYPE_RAW_TRACEPOINT, false, false, false, true},
    {BPF_PROG_TYPE_STRUCT_OPS, false, false, false},
    {BPF_PROG_TYPE_TRACING, false, false, true, true},
};
constexpr Manners kInPlace = {0, false, true, true};  // types that only we run

const Manners& manners_of(u32 prog_type) {
  const auto row = std::find_if(std::begin(kManners), std::end(kManners),
                                [prog_type](const Manners& each) { return each.prog_type == prog_type; });
  return row == std::end(kManners) ? kInPlace : *row;
}

Result<std::string> choose(const object::LoadedObject& object, const std::string& wanted) {
  const std::vector<std::string> names = object.program_names();
  if (names.empty()) return error_status(ENOENT, "the object has no program");
  if (wanted.empty() && names.size() == 1) return names[0];
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
  const std::string list = fmt::format("{}", fmt::join(names, ", "));
  return error_status(
      ENOENT, wanted.empty() ? "--prog must name one of: " + list : "no program " + wanted + "; there are: " + list);
}

std::shared_ptr<const btf::Btf> parse_types(const object::ObjectFile& file) {
  auto bytes = object::types_of(file);
  if (!bytes.ok()) return nullptr;
  auto owner = std::make_shared<std::vector<u8>>(std::move(*bytes));
  auto types = btf::Btf::parse(*owner, owner);
  return types.ok() ? std::shared_ptr<const btf::Btf>(std::move(*types)) : nullptr;
}

// The type of a global variable; 0: there is none of this name.
u32 variable_type(const btf::Btf& types, std::string_view name) {
  const u32 var = types.find(name, btf::Kind::Var);
  return var ? types.type_by_id(var)->type() : 0;
}

}  // namespace

Result<std::unique_ptr<Runner>> Runner::load(const object::ObjectFile& file, const object::Backend& backend,
                                             const RunnerOptions& options) {
  auto alone = load(file, backend, options, Company::Wanted);
  if (alone.ok() || alone.error() == ENOENT) return alone;
  for (const Company company : {Company::All, Company::WantedAndNoSlots}) {
    if (company == Company::All && !options.with.empty()) continue;
    auto other = load(file, backend, options, company);
    if (other.ok()) return other;
  }
  return alone;
}

Result<std::unique_ptr<Runner>> Runner::load(const object::ObjectFile& file, const object::Backend& backend,
                                             const RunnerOptions& options, Company company) {
  auto runner = std::make_unique<Runner>();
  runner->session_ = backend.session(
      {.deterministic = options.seed.has_value(),
       .seed = options.seed.value_or(0),
       .count_insns = options.count_insns,
       .engine = options.engine,
       .on_stop = [complaint = runner->complaint_](engine::Stop, const std::string& words) { *complaint = words; },
       .trace = [trace = runner->trace_](std::string_view line) { trace->emplace_back(line); }});
  runner->target_ = &backend.target();
  runner->types_ = parse_types(file);
  auto object = object::LoadedObject::open(file, runner->session_.answers);
  if (!object.ok()) return object.status();
  runner->object_ = std::move(*object);
  auto name = choose(*runner->object_, options.program);
  if (!name.ok()) return name.status();
  runner->program_ = *name;
  const bool all = company == Company::All;
  std::vector<std::string> wanted = all ? runner->object_->program_names() : options.with;
  wanted.push_back(*name);
  if (const Status chosen = runner->object_->only(wanted); !chosen.ok()) return chosen;
  for (const std::string& global : options.globals)
    if (const Status set = runner->set_global(global); !set.ok()) return set;
  const auto type_of_section = [&options](std::string_view, u32* type) {
    *type = object::program_type_named(options.type.empty() ? "socket_filter" : options.type);
    return *type != 0;
  };
  const Status loaded = runner->object_->load(type_of_section, company == Company::WantedAndNoSlots);
  if (!loaded.ok()) return loaded;
  runner->type_ = runner->object_->program_type(*name);
  return runner;
}

Status Runner::set_global(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == assignment.npos) return error_status(EINVAL, "--set " + assignment + ": not NAME=VALUE");
  const std::string name = assignment.substr(0, equals), text = assignment.substr(equals + 1);
  const u32 type = types_ ? variable_type(*types_, name) : 0;
  if (type == 0) return error_status(ENOENT, "--set " + name + ": no global variable of this name");
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) json = text;
  std::vector<u8> value(types_->resolve_size(type).value_or(0));
  if (const Status bytes = json_to_value(*types_, type, json, value); !bytes.ok())
    return error_status(EINVAL, "--set " + name + ": " + bytes.context());
  return object_->set_global(name, value);
}

bool Runner::takes_data() const { return manners_of(type_).data; }

// The struct that the program's first parameter points to, or the kernel's for this type.
Runner::CtxType Runner::ctx_type() const {
  const u32 function = types_ ? types_->find(program_, btf::Kind::Func) : 0;
  const btf::Type* const proto = function ? types_->type_by_id(types_->type_by_id(function)->type()) : nullptr;
  if (proto && !types_->params(proto).empty()) {
    u32 id = 0;
    const btf::Type* const pointee = types_->resolve_ptr(types_->params(proto)[0].type, &id);
    if (pointee && btf::is_struct(pointee)) return {types_.get(), id};
  }
  const char* const name = target_->ctx_struct_name(type_);
  const btf::Btf* const vmlinux = target_->vmlinux();
  if (name && vmlinux) return {vmlinux, vmlinux->find(name, btf::Kind::Struct)};
  return {};
}

Result<std::vector<u8>> Runner::context(const Json& json, u32 data_size) const {
  std::vector<u8> ctx;
  if (json.is_array()) {
    ctx.resize(json.size() * sizeof(u64));
    for (size_t i = 0; i < json.size(); ++i) {
      const Status word = json_to_bytes(json[i], std::span(ctx).subspan(i * sizeof(u64), sizeof(u64)));
      if (!word.ok()) return word;
    }
    return ctx;
  }
  if (json.is_string()) return parse_hex(json.get_ref<const std::string&>());
  const CtxType type = ctx_type();
  if (type.id == 0)
    return error_status(EINVAL, "the context's struct is not known: give an array of 64-bit words, or hex");
  Json fields = json;
  if (type_ == BPF_PROG_TYPE_XDP && !fields.contains("data_end")) fields["data_end"] = data_size;
  ctx.resize(type.types->type_by_id(type.id)->size());
  const Status bytes = json_to_value(*type.types, type.id, fields, ctx);
  if (!bytes.ok()) return bytes;
  return ctx;
}

std::vector<u8> Runner::zero_context() const {
  const CtxType type = ctx_type();
  return std::vector<u8>(takes_data() || type.id == 0 ? 0 : type.types->type_by_id(type.id)->size());
}

Json Runner::show_context(std::span<const u8> ctx) const {
  const CtxType type = ctx_type();
  return type.id ? value_to_json(*type.types, type.id, ctx) : Json("x" + to_hex(ctx));
}

long Runner::ask(sys::TestRunAttr& attr) const {
  if (kernel()) return sys::test_run_any(*kernel(), attr);
  u8 bytes[sys::kAttrSize] = {};
  std::memcpy(bytes, &attr, sizeof(attr));
  const long result = bpf(sys::BPF_PROG_TEST_RUN, bytes, sys::TestRunAttr::kEnd);
  std::memcpy(&attr, bytes, sizeof(attr));
  return result;
}

RunResult Runner::run(std::span<const u8> data, std::span<const u8> ctx, u32 repeat) const {
  const Manners& manners = manners_of(type_);
  const auto address = [](const auto& bytes) { return bytes.empty() ? 0 : reinterpret_cast<u64>(bytes.data()); };
  RunResult result;
  result.ctx.assign(ctx.begin(), ctx.end());
  if (manners.words) result.ctx.resize(std::max<size_t>(ctx.size(), kArgsSize));
  std::vector<u8> ctx_out(manners.ctx_out ? ctx.size() : 0);
  if (manners.data) result.data.resize(data.size() + kRoom);
  sys::TestRunAttr attr{.prog_fd = u32(prog_fd()),
                        .data_size_in = manners.data ? u32(data.size()) : 0,
                        .data_size_out = u32(result.data.size()),
                        .data_in = manners.data ? address(data) : 0,
                        .data_out = address(result.data),
                        .repeat = manners.repeats ? repeat : 0,
                        .ctx_size_in = u32(result.ctx.size()),
                        .ctx_size_out = u32(ctx_out.size()),
                        .ctx_in = address(result.ctx),
                        .ctx_out = address(ctx_out)};
  long answer = 0;
  for (u32 i = 0; i < (manners.repeats ? 1 : std::max(repeat, 1u)) && answer == 0; ++i) answer = ask(attr);
  result.error = answer < 0 ? int(-answer) : 0;
  result.retval = attr.retval;
  result.duration_ns = attr.duration;
  result.data.resize(std::min<size_t>(result.data.size(), attr.data_size_out));
  if (manners.ctx_out) result.ctx = std::move(ctx_out);
  result.ctx.resize(ctx.size());
  return result;
}

std::string Runner::take_stream(u32 stream) const {
  char text[4096];
  std::string all;
  for (;;) {
    struct {
      u64 buffer;
      u32 length, stream, prog_fd, padding;
    } attr = {reinterpret_cast<u64>(text), sizeof(text), stream, u32(prog_fd()), 0};
    const long length = bpf(sys::BPF_PROG_STREAM_READ_BY_FD, &attr, sizeof(attr));
    if (length <= 0) return all;
    all.append(text, size_t(length));
  }
}

std::string Runner::take_complaint() { return std::exchange(*complaint_, {}); }

std::vector<std::string> Runner::take_trace() { return std::exchange(*trace_, {}); }

}  // namespace skep::cli
