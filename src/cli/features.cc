// `skep features`: what a kernel offers - program types, map types, helpers, kfuncs - and what of it runs here.
#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "engine/bodies.h"
#include "sys/kernel_btf.h"
#include "target/kfunc.h"

namespace skep::cli {
namespace {

struct FeatureArgs {
  std::string kernel = "6.18", format = "text", program, name, only;
};

// A helper or kfunc.
struct Callable {
  std::string name;
  u32 id = 0;  // of a helper; 0: a kfunc
  bool runs = false;
  std::vector<u32> prog_types;  // that may call it
};

struct Features {
  std::string_view kernel;
  std::vector<u32> prog_types, map_types;
  std::vector<Callable> helpers, kfuncs;
};

// Every form a program of a type can have: attach types, sleepable or not.
std::vector<target::ProgKind> kinds_of(const target::Target& target, u32 prog_type) {
  std::vector<target::ProgKind> kinds;
  for (u32 attach_type = 0; attach_type < kAttachTypeCount; ++attach_type) {
    if (!target.attach_type_ok(prog_type, attach_type)) continue;
    kinds.push_back({.prog_type = prog_type, .attach_type = attach_type});
    if (!target.may_be_sleepable(prog_type, attach_type)) continue;
    kinds.push_back({.prog_type = prog_type, .attach_type = attach_type, .sleepable = true});
  }
  return kinds;
}

using KindsOfTypes = std::vector<std::pair<u32, std::vector<target::ProgKind>>>;

template <typename MayCall>
std::vector<u32> types_that(const KindsOfTypes& types, MayCall&& may_call) {
  std::vector<u32> found;
  for (const auto& [type, kinds] : types)
    if (std::any_of(kinds.begin(), kinds.end(), may_call)) found.push_back(type);
  return found;
}

void add_helpers(const target::Target& target, const KindsOfTypes& types, Features& out) {
  for (u32 id = 1; id < target::kHelperCount; ++id) {
    const target::HelperProto* proto = target.helper(id);
    if (!proto) continue;
    const auto callers = types_that(types, [&](const target::ProgKind& kind) { return target.helper_for(id, kind); });
    if (callers.empty()) continue;
    const bool runs = engine::helper_body(id) || proto->special == target::SpecialRule::TailCall;
    out.helpers.push_back({std::string(proto->name), id, runs, callers});
  }
}

// The functions that the kernel's types call kfuncs.
void add_kfuncs(const btf::Btf& kernel, const KindsOfTypes& types, Features& out) {
  for (u32 id = 1; id < kernel.nr_types(); ++id) {
    const btf::Type* type = kernel.type_by_id(id);
    if (type->kind() != btf::Kind::Func) continue;
    const std::string_view name = kernel.name_of(type);
    if (!target::kfunc_row(name) || !target::is_registered_kfunc(kernel, id)) continue;
    const auto callers = types_that(types, [&](const target::ProgKind& kind) { return target::kfunc_for(name, kind); });
    if (!callers.empty()) out.kfuncs.push_back({std::string(name), 0, engine::kfunc_body(name) != nullptr, callers});
  }
  const auto by_name = [](const Callable& a, const Callable& b) { return a.name < b.name; };
  std::sort(out.kfuncs.begin(), out.kfuncs.end(), by_name);
}

Features collect(const target::Profile& profile, const std::shared_ptr<const btf::Btf>& types) {
  const target::Target target([types] { return types; }, profile);
  Features out{.kernel = profile.version};
  KindsOfTypes kinds;
  for (u32 type = 1; type < kProgTypeCount; ++type) {
    if (!target.is_known_prog_type(type)) continue;
    out.prog_types.push_back(type);
    kinds.emplace_back(type, kinds_of(target, type));
  }
  for (u32 type = 1; type < kMapTypeCount; ++type) out.map_types.push_back(type);
  add_helpers(target, kinds, out);
  add_kfuncs(*types, kinds, out);
  return out;
}

bool may_call(const Callable& callable, u32 prog_type) {
  return std::find(callable.prog_types.begin(), callable.prog_types.end(), prog_type) != callable.prog_types.end();
}

int prog_type_named(const std::string& name) {
  for (u32 type = 1; type < kProgTypeCount; ++type)
    if (name == prog_type_name(type)) return int(type);
  return -1;
}

// Leaves what the options ask for.
void filter(const FeatureArgs& args, std::vector<Callable>& all) {
  const int prog_type = prog_type_named(args.program);
  std::erase_if(all, [&](const Callable& callable) {
    if (!args.program.empty() && !may_call(callable, u32(prog_type))) return true;
    if (!args.only.empty() && callable.runs != (args.only == "runs")) return true;
    return callable.name.find(args.name) == std::string::npos;
  });
}

// --- renderings ---------------------------------------------------------------------------------------------------

size_t running(const std::vector<Callable>& all) {
  return size_t(std::count_if(all.begin(), all.end(), [](const Callable& c) { return c.runs; }));
}

std::string type_names(const std::vector<u32>& types, const char* (*name_of)(u32)) {
  std::vector<std::string> names;
  for (const u32 type : types) names.emplace_back(name_of(type));
  return fmt::format("{}", fmt::join(names, " "));
}

std::string summary_row(const Features& features, u32 prog_type) {
  size_t counts[4] = {};
  for (const Callable& helper : features.helpers)
    if (may_call(helper, prog_type)) ++counts[0], counts[1] += helper.runs;
  for (const Callable& kfunc : features.kfuncs)
    if (may_call(kfunc, prog_type)) ++counts[2], counts[3] += kfunc.runs;
  return fmt::format("  {:<24}{:>7}{:>7}{:>9}{:>7}\n", prog_type_name(prog_type), counts[0], counts[1], counts[2],
                     counts[3]);
}

std::string summary(const Features& features) {
  std::string text =
      fmt::format("Linux {}: {} program types, {} map types, {} helpers ({} run here), {} kfuncs ({} run)\n\n",
                  features.kernel, features.prog_types.size(), features.map_types.size(), features.helpers.size(),
                  running(features.helpers), features.kfuncs.size(), running(features.kfuncs));
  text += fmt::format("  {:<24}{:>7}{:>7}{:>9}{:>7}\n", "program type", "helpers", "run", "kfuncs", "run");
  for (const u32 type : features.prog_types) text += summary_row(features, type);
  text += fmt::format("\nmap types: {}\n", type_names(features.map_types, map_type_name));
  return text;
}

// "all types", "all types but a b" or "a b", whichever is short.
std::string callers(const Features& features, const Callable& callable) {
  std::vector<u32> others;
  for (const u32 type : features.prog_types)
    if (!may_call(callable, type)) others.push_back(type);
  if (others.empty()) return "all types";
  if (others.size() < callable.prog_types.size()) return "all types but " + type_names(others, prog_type_name);
  return type_names(callable.prog_types, prog_type_name);
}

std::string list(const Features& features, std::string_view what, const std::vector<Callable>& all, bool with_types) {
  std::string text = fmt::format("{} ({}, {} run here)\n", what, all.size(), running(all));
  for (const Callable& callable : all) {
    text += fmt::format("  {:<40} {}", callable.name, callable.runs ? "runs" : "verifies only");
    if (with_types) text += fmt::format("{}  {}", callable.runs ? "         " : "", callers(features, callable));
    text += "\n";
  }
  return text;
}

std::string as_text(const FeatureArgs& args, const Features& features) {
  if (args.program.empty() && args.name.empty() && args.only.empty()) return summary(features);
  const std::string of = args.program.empty() ? "" : fmt::format(" of {} programs", args.program);
  const bool with_types = args.program.empty();
  return list(features, fmt::format("Linux {}, helpers{}", features.kernel, of), features.helpers, with_types) +
         list(features, fmt::format("Linux {}, kfuncs{}", features.kernel, of), features.kfuncs, with_types);
}

void write_types(JsonWriter& json, std::string_view key, const std::vector<u32>& types, const char* (*name_of)(u32)) {
  json.key(key).begin_array();
  for (const u32 type : types) json.value(name_of(type));
  json.end_array();
}

void write_callables(JsonWriter& json, std::string_view key, const std::vector<Callable>& all) {
  json.key(key).begin_array();
  for (const Callable& callable : all) {
    json.begin_object().member("name", callable.name);
    if (callable.id != 0) json.member("id", callable.id);
    json.member("runs", callable.runs);
    write_types(json, "program_types", callable.prog_types, prog_type_name);
    json.end_object();
  }
  json.end_array();
}

std::string as_json(const std::vector<Features>& kernels) {
  JsonWriter json(1);
  json.begin_object().key("kernels").begin_array();
  for (const Features& features : kernels) {
    json.begin_object().member("kernel", features.kernel);
    write_types(json, "program_types", features.prog_types, prog_type_name);
    write_types(json, "map_types", features.map_types, map_type_name);
    write_callables(json, "helpers", features.helpers);
    write_callables(json, "kfuncs", features.kfuncs);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

// Opens the types of each kernel that was asked for.
int features(const FeatureArgs& args) {
  if (!args.program.empty() && prog_type_named(args.program) < 0) {
    complain("--prog " + args.program, "no program type has this name", "for example xdp, sched_cls, tracing");
    return kTrouble;
  }
  std::vector<Features> kernels;
  for (const target::Profile& profile : target::profiles()) {
    if (args.kernel != "all" && args.kernel != profile.version) continue;
    const auto path = sys::find_kernel_btf(std::string(profile.version));
    auto types = path.ok() ? sys::open_kernel_btf(*path) : path.status();
    if (!types.ok()) {
      complain("the types of Linux " + std::string(profile.version), types.status().context());
      return kTrouble;
    }
    kernels.push_back(collect(profile, *types));
    filter(args, kernels.back().helpers);
    filter(args, kernels.back().kfuncs);
  }
  if (args.format == "json") print(as_json(kernels));
  for (const Features& kernel : kernels) {
    if (args.format == "json") break;
    if (&kernel != &kernels.front()) print("\n");
    print(as_text(args, kernel));
  }
  return kOk;
}

constexpr char kExamples[] =
    "Examples:\n"
    "  skep features                             program types, map types, and how many helpers and kfuncs\n"
    "  skep features --prog xdp                  what an xdp program may call, and what of that runs here\n"
    "  skep features --name ringbuf              who may call the helpers and kfuncs with this in their names\n"
    "  skep features --only verifies             what can be verified, but not run\n"
    "  skep features --kernel all --format json  everything\n"
    "What cannot be run gives -EOPNOTSUPP, or NULL where its result is a pointer.";

}  // namespace

void add_features(CLI::App& app, Verb& chosen) {
  auto args = std::make_shared<FeatureArgs>();
  CLI::App* verb = app.add_subcommand("features", "What a kernel offers to programs, and what of it runs here");
  verb->footer(kExamples);
  std::vector<std::string> names;
  for (const target::Profile& profile : target::profiles()) names.emplace_back(profile.version);
  names.emplace_back("all");
  verb->add_option("--kernel", args->kernel, "6.18, 6.12, or all")->check(CLI::IsMember(names))->capture_default_str();
  verb->add_option("--format", args->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->add_option("--prog", args->program, "only what programs of this type may call: xdp, tracing ...");
  verb->add_option("--name", args->name, "only helpers and kfuncs with this in their names");
  verb->add_option("--only", args->only, "runs: what runs here; verifies: what does not")
      ->check(CLI::IsMember({"runs", "verifies"}));
  verb->callback([args, &chosen] { chosen = [args] { return features(*args); }; });
}

}  // namespace skep::cli
