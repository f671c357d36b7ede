// Who decides: a kernel of ours, or the running one. The only files of this room that know both sides are intercept.cc
// and backend.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "diag/profile.h"
#include "diag/variables.h"
#include "object/intercept.h"
#include "object/kernel_types.h"

namespace skep::engine {
enum class Stop : int;
}
namespace skep::sys {
class Kernel;
enum class EngineKind;
}  // namespace skep::sys
namespace skep::target {
class Target;
}
namespace skep::verifier {
class WitnessSearch;
}

namespace skep::object {

// What our verifier says beside the log; all zero for the running kernel.
struct LoadFacts {
  bool known = false;
  std::string code;  // "E0203": diag/causes.def
  std::vector<diag::Explanation> explanations;
  u64 explain_time_us = 0;
  u64 time_us = 0;
  std::shared_ptr<const diag::Profile> profile;
};

// Capabilities of the process that loads; CAP_SYS_ADMIN only if none is missing. Without bpf it is an unprivileged
// user's, on a machine that permits these to load programs.
struct LoaderCaps {
  bool bpf = true, perfmon = true, net_admin = true;
};

struct BackendOptions {
  bool live = false;             // the running kernel
  std::string version = "6.18";  // which target: target/profile.h
  std::string btf;               // "": the target's own; "host": the running kernel's; else a file
  bool explain = false;          // rejected programs are explained (not by the running kernel)
  bool profile = false;          // what following each program takes is counted (not by the running kernel)
  std::shared_ptr<const verifier::WitnessSearch> witness = {};  // and inputs that break them are looked for
  LoaderCaps caps = {};                                         // the running kernel looks at the real ones
};

class Backend {
 public:
  // Errors: ENOENT where the types of the kernel cannot be found, EINVAL for a version that is not known.
  static Result<std::shared_ptr<const Backend>> open(const BackendOptions& options);

  bool live() const { return live_; }
  const std::string& btf_file() const { return btf_file_; }
  std::string kernel_name() const { return live_ ? "live" : version_; }

  // How the programs of a session run, of a kernel of ours.
  struct Running {
    bool deterministic = false;
    u64 seed = 0;
    bool count_insns = false;
    sys::EngineKind engine = {};
    std::function<void(engine::Stop why, const std::string& complaint)> on_stop = {};
    std::function<void(std::string_view line)> trace = {};
    diag::VariableSource variables = {};  // of the object, for explanations
  };

  // One program's kernel: nothing made in it is seen by another session.
  class Session {
   public:
    Answers answers;
    // Of the load that used this log buffer.
    LoadFacts facts(u64 log_buf) const;
    // Null for the running kernel.
    sys::Kernel* kernel() const;

   private:
    friend class Backend;
    struct State;
    std::shared_ptr<State> state_;
  };
  Session session() const { return session(Running()); }
  Session session(const Running& running) const;
  const target::Target& target() const;

 private:
  struct Target;
  bool live_ = false;
  bool own_machine_ = false, explain_ = false, profile_ = false;
  std::shared_ptr<const verifier::WitnessSearch> witness_;
  std::string version_, release_;
  std::string btf_file_;
  std::string config_file_;
  LoaderCaps caps_;
  std::shared_ptr<const Target> target_;
  std::shared_ptr<KernelTypes> types_;  // libbpf's view of btf_file_
};

}  // namespace skep::object
