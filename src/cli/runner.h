// One program of an object, loaded and ready to be run again and again: by a kernel of ours or the running one.
#pragma once

#include <optional>

#include "cli/btf_json.h"
#include "object/loaded_object.h"
#include "sys/attr.h"
#include "sys/kernel.h"

namespace skep::cli {

struct RunnerOptions {
  std::string program;      // empty: the object's only one
  std::string type;         // of sections libbpf does not know
  std::optional<u64> seed;  // deterministic
  bool count_insns = false;
  sys::EngineKind engine = sys::EngineKind::Jit;  // of a kernel of ours
  std::vector<std::string> globals;               // "name=value"
  std::vector<std::string> with;                  // programs that are loaded too, for tail calls
};

// What one run left.
struct RunResult {
  int error = 0;  // errno of BPF_PROG_TEST_RUN; then there is nothing else
  u32 retval = 0, duration_ns = 0;
  std::vector<u8> data, ctx;
};

class Runner {
 public:
  // errno and why: of libbpf, the verifier's log, or that there is no such program.
  // Where the program alone does not load, for instance because a map holds others, all are loaded; and if one of these
  // is rejected, the program alone with empty slots in that map.
  static Result<std::unique_ptr<Runner>> load(const object::ObjectFile& file, const object::Backend& backend,
                                              const RunnerOptions& options);

  const std::string& program() const { return program_; }
  u32 prog_type() const { return type_; }
  int prog_fd() const { return object_->program_fd(program_); }
  const object::LoadedObject& object() const { return *object_; }
  const btf::Btf* types() const { return types_.get(); }  // of the object; null: it has none
  sys::Kernel* kernel() const { return session_.kernel(); }
  long bpf(int command, void* attr, u32 size) const { return session_.answers.bpf(command, attr, size); }

  // Whether the program's type works on packets.
  bool takes_data() const;
  // The bytes of a context in JSON: an object has the fields of the context's struct, an array is 64-bit words, a
  // string is hex.
  Result<std::vector<u8>> context(const Json& json, u32 data_size) const;
  // The context of a type without packets where none is given: its struct, all zero; empty: it is not known.
  std::vector<u8> zero_context() const;
  Json show_context(std::span<const u8> ctx) const;

  // Arguments of a traced function that are not given are zero.
  RunResult run(std::span<const u8> data, std::span<const u8> ctx, u32 repeat) const;
  // What the checked interpreter said of the last run.
  std::string take_complaint();
  // What the program wrote to its standard output (1) or error (2) since the last call.
  std::string take_stream(u32 stream) const;
  // Lines that programs printed since the last call.
  std::vector<std::string> take_trace();

 private:
  // What is loaded beside the program.
  enum class Company : u8 { Wanted, All, WantedAndNoSlots };
  static Result<std::unique_ptr<Runner>> load(const object::ObjectFile& file, const object::Backend& backend,
                                              const RunnerOptions& options, Company company);
  struct CtxType {
    const btf::Btf* types = nullptr;
    u32 id = 0;  // 0: unknown
  };
  CtxType ctx_type() const;
  Status set_global(const std::string& assignment);
  long ask(sys::TestRunAttr& attr) const;

  object::Backend::Session session_;
  std::shared_ptr<std::vector<std::string>> trace_ = std::make_shared<std::vector<std::string>>();
  std::shared_ptr<std::string> complaint_ = std::make_shared<std::string>();
  std::shared_ptr<const btf::Btf> types_;
  const target::Target* target_ = nullptr;
  std::unique_ptr<object::LoadedObject> object_;
  std::string program_;
  u32 type_ = 0;
};

}  // namespace skep::cli
