// See backend.h.
#include "object/backend.h"

#include <sys/stat.h>

#include <map>

#include <fmt/format.h>

#include "diag/cause.h"
#include "sys/kernel.h"
#include "sys/kernel_btf.h"

namespace skep::object {
namespace {

constexpr char kHostBtf[] = "/sys/kernel/btf/vmlinux";

// Names that lie in no BTF: the linker's, and those of objects. A few that programs are known to ask for.
constexpr std::string_view kMoreSymbols[] = {"_text",         "_stext",          "_etext",        "__start_rodata",
                                             "__end_rodata",  "__per_cpu_start", "__per_cpu_end", "__init_begin",
                                             "__init_end",    "init_task",       "bpf_link_fops", "bpf_map_fops",
                                             "bpf_prog_fops", "jiffies",         "jiffies_64",    "linux_banner"};

// The ends of a section that only kernels with CONFIG_KALLSYMS_ALL list.
constexpr std::string_view kBtfSection[] = {"__start_BTF", "__stop_BTF"};

// The target's functions and variables at made-up addresses, in the kernel's format. The same on every machine.
std::string kallsyms_of(const target::Target& target) {
  const btf::Btf* vmlinux = target.vmlinux();
  fmt::memory_buffer out;
  u64 address = 0xffffffff81000000;
  const auto add = [&](char type, std::string_view name) {
    fmt::format_to(fmt::appender(out), "{:016x} {} {}\n", address, type, name);
    address += 64;
  };
  for (std::string_view name : kMoreSymbols) add('D', name);
  if (target.features().variable_symbols) {
    for (std::string_view name : kBtfSection) add('D', name);
  }
  for (u32 id = 1; vmlinux != nullptr && id < vmlinux->nr_types(); ++id) {
    const btf::Type* type = vmlinux->type_by_id(id);
    if (type->kind() == btf::Kind::Func) add('T', vmlinux->name_of(type));
    if (type->kind() == btf::Kind::Var) add('D', vmlinux->name_of(type));
  }
  return fmt::to_string(out);
}

bool readable(const std::string& path) {
  struct stat st;
  return stat(path.c_str(), &st) == 0;
}

// linux-6.18.btf has its configuration beside it: linux-6.18.config.gz.
std::string config_beside(const std::string& btf_file) {
  constexpr std::string_view suffix = ".btf";
  if (!std::string_view(btf_file).ends_with(suffix)) return {};
  const std::string config = btf_file.substr(0, btf_file.size() - suffix.size()) + ".config.gz";
  return readable(config) ? config : std::string();
}

}  // namespace

struct Backend::Target {
  std::shared_ptr<const target::Target> target;
};

struct Backend::Session::State {
  std::unique_ptr<sys::Kernel> kernel;
  std::map<u64, LoadFacts> loads;  // by log buffer
};

Result<std::shared_ptr<const Backend>> Backend::open(const BackendOptions& options) {
  const target::Profile* profile = target::find_profile(options.version);
  if (profile == nullptr) return error_status(EINVAL, "no kernel " + options.version);
  auto backend = std::make_shared<Backend>();
  backend->version_ = profile->version;
  backend->release_ = profile->release;
  backend->live_ = options.live;
  backend->explain_ = options.explain;
  backend->witness_ = options.witness;
  backend->profile_ = options.profile;
  backend->caps_ = options.caps;
  backend->own_machine_ = options.live || options.btf == "host";
  if (backend->own_machine_) {
    backend->btf_file_ = kHostBtf;
  } else if (!options.btf.empty()) {
    backend->btf_file_ = options.btf;
  } else {
    auto found = sys::find_kernel_btf(options.version);
    if (!found.ok()) return found.status();
    backend->btf_file_ = *found;
  }
  if (!options.live && !readable(backend->btf_file_)) return error_status(ENOENT, backend->btf_file_);
  backend->config_file_ = config_beside(backend->btf_file_);
  auto target = std::make_shared<Target>();
  auto load_types = [file = backend->btf_file_]() -> std::shared_ptr<const btf::Btf> {
    auto types = sys::open_kernel_btf(file);
    return types.ok() ? *types : nullptr;
  };
  target->target = std::make_shared<target::Target>(load_types, *profile);
  backend->target_ = std::move(target);
  backend->types_ = std::make_shared<KernelTypes>(backend->btf_file_);
  return std::shared_ptr<const Backend>(std::move(backend));
}

Backend::Session Backend::session(const Running& running) const {
  Session session;
  auto state = std::make_shared<Session::State>();
  session.state_ = state;
  session.answers.own_machine = own_machine_;
  session.answers.btf_file = btf_file_;
  session.answers.config_file = config_file_;
  session.answers.release = release_;
  session.answers.kernel_types = [types = types_] { return types->get(); };
  session.answers.is_shared = [types = types_](const struct ::btf* b) { return types->is(b); };
  if (live_) {
    session.answers.bpf = running_kernel;
    return session;
  }
  const target::Caps caps{.bpf = caps_.bpf,
                          .perfmon = caps_.perfmon,
                          .net_admin = caps_.net_admin,
                          .sys_admin = caps_.bpf && caps_.perfmon && caps_.net_admin};
  sys::KernelConfig config{.target = target_->target, .caps = caps, .unprivileged_bpf_disabled = caps_.bpf};
  config.explain = explain_;
  config.witness = witness_;
  config.profile = profile_;
  config.deterministic = running.deterministic;
  config.seed = running.seed;
  config.count_insns = running.count_insns;
  config.engine = running.engine;
  config.on_stop = running.on_stop;
  config.trace = running.trace;
  config.variables = running.variables;
  config.on_load = [loads = &state->loads](const sys::LoadReport& report) {
    LoadFacts& facts = (*loads)[report.log_buf];
    facts.known = report.verified;
    facts.time_us = report.verdict.stats.time_us;
    facts.code = report.verdict.rejection ? std::string(diag::cause_of(*report.verdict.rejection).code) : std::string();
    facts.explanations = report.explanations;
    facts.explain_time_us = report.explain_time_us;
    facts.profile = report.profile;
  };
  state->kernel = std::make_unique<sys::Kernel>(std::move(config));
  sys::Kernel* kernel = state->kernel.get();
  session.answers.bpf = [kernel](int cmd, void* attr, unsigned size) { return kernel->bpf(cmd, attr, size); };
  session.answers.mapped = [kernel](int fd, u64 address) { kernel->note_mapping(fd, address); };
  session.answers.possible_cpus = target_->target->possible_cpus();
  session.answers.kallsyms = [target = target_->target] { return kallsyms_of(*target); };
  return session;
}

sys::Kernel* Backend::Session::kernel() const { return state_->kernel.get(); }

const target::Target& Backend::target() const { return *target_->target; }

LoadFacts Backend::Session::facts(u64 log_buf) const {
  const auto found = state_->loads.find(log_buf);
  return found == state_->loads.end() ? LoadFacts{} : found->second;
}

}  // namespace skep::object
