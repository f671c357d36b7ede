// One program of one object, through libbpf, to a verdict: what `skep check` does for each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "object/backend.h"

namespace skep::object {

// A BPF object in memory.
struct ObjectFile {
  std::string label;        // for reports: the path, or "path[1]" for the first object inside an executable
  std::string object_name;  // libbpf's name of it, which the names of its data maps begin with
  std::shared_ptr<const std::vector<u8>> bytes;
};

// Reads the objects in a file (elf_scan.h). errno of open(2) or read(2), or EINVAL and why.
Result<std::vector<ObjectFile>> read_objects(const std::string& path);
// An object that was compiled from `path` just now.
ObjectFile object_from_bytes(const std::string& path, std::vector<u8> bytes);

struct CheckOptions {
  u32 log_level = 4;  // 1, 2 detail, 4 statistics
  std::string type;   // program type for sections libbpf does not know; empty: "socket_filter"
};

// Who ended the load.
enum class Stage : u8 {
  Verifier,  // it decided
  Kernel,    // PROG_LOAD failed before the verifier ran
  Libbpf,    // libbpf gave up before PROG_LOAD
};

struct ProgramResult {
  std::string name, type;
  Stage stage = Stage::Libbpf;
  int error = 0;        // 0, or a negative errno
  std::string message;  // the log's last line before the statistics, or libbpf's reason
  std::string code;     // "E0203", where our verifier rejected
  u64 insns_processed = 0, total_states = 0, peak_states = 0, time_us = 0;
  u64 explain_time_us = 0;
  std::string log;                              // the log buffer
  std::vector<diag::Explanation> explanations;  // of a rejected program, the kernel's own failure first
  // Of one that did not get as far as the verifier: what to do, and the change to the source with which it loads.
  std::vector<std::string> help;
  diag::SourcePatch patch;

  std::shared_ptr<const diag::Profile> profile;  // if that was asked for, or the program was given up for its length

  bool accepted() const { return stage == Stage::Verifier && error == 0; }
  bool rejected() const { return stage == Stage::Verifier && error != 0; }
  const char* verdict() const { return stage != Stage::Verifier ? "error" : error ? "rejected" : "accepted"; }
};

// Address space for a kernel's log, in pages that are given back between loads. One per thread.
class LogBuffer {
 public:
  LogBuffer();
  ~LogBuffer();
  LogBuffer(const LogBuffer&) = delete;
  LogBuffer& operator=(const LogBuffer&) = delete;
  char* data() { return data_; }
  u32 size() const { return size_; }
  void clear();

 private:
  char* data_ = nullptr;
  u32 size_ = 0;
};

// The names of the object's programs in its order. The errno and the reason of libbpf if it cannot open the object.
Result<std::vector<std::string>> list_programs(const ObjectFile& object, const Backend& backend);

// Loads the `index`-th program alone and says what came of it.
ProgramResult check_program(const ObjectFile& object, size_t index, const Backend& backend, const CheckOptions& options,
                            LogBuffer& buffer);

// Is there a program type of this name ("xdp")?
bool is_program_type(const std::string& name);
// BPF_PROG_TYPE_* of a name, and the way back; 0 and "": there is none.
u32 program_type_named(const std::string& name);
std::string program_type_name(u32 type);

}  // namespace skep::object
