// See loader.h. The manners are veristat's: others not loaded, pins off, max_entries 0 raised to 1, unknown sections as
// socket_filter.
#include "object/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>

#include "object/elf_scan.h"
#include "object/manners.h"
#include "object/variables.h"
#include "object/warnings.h"

namespace skep::object {
namespace {

// The largest buffer bpf(2) takes is UINT_MAX >> 2; programs near the limit of a million instructions fill half of it
// at level 2.
constexpr u32 kLogBytes = (1u << 30) - 4096;
constexpr u32 kLogBytesIfShort = 64u << 20;

// "verification time" and "stack depth" (a number for each of 256 subprograms) together are shorter.
constexpr size_t kStatisticsBytesMax = 4096;

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

// An open object and the bytes that libbpf may look at until it is closed.
struct Opened {
  std::vector<u8> bytes;
  std::unique_ptr<bpf_object, CloseObject> object;
};

Opened open_object(const ObjectFile& file) {
  Opened opened;
  opened.bytes = *file.bytes;  // libelf may write into it
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = file.object_name.c_str());
  opened.object.reset(bpf_object__open_mem(opened.bytes.data(), opened.bytes.size(), &options));
  return opened;
}

// Loads whose arena has an address of its own take turns: a process has that address once, libbpf maps over whatever
// another thread has there, and takes it away with its object.
std::unique_lock<std::mutex> turn_of_fixed_arenas() {
  static std::mutex turn;
  return {turn, std::defer_lock};
}

bool has_fixed_arena(const bpf_object* object) {
  const bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map)) != nullptr) {
    if (bpf_map__type(map) == BPF_MAP_TYPE_ARENA && bpf_map__map_extra(map) != 0) return true;
  }
  return false;
}

bpf_program* select_program(bpf_object* object, size_t index) {
  bpf_program* program = nullptr;
  bpf_program* selected = nullptr;
  for (size_t i = 0; (program = bpf_object__next_program(object, program)) != nullptr; ++i) {
    bpf_program__set_autoload(program, i == index);
    if (i == index) selected = program;
  }
  return selected;
}

std::optional<bpf_prog_type> type_named(std::string_view name) {
  for (int type = 1;; ++type) {
    const char* known = libbpf_bpf_prog_type_str(bpf_prog_type(type));
    if (known == nullptr) return std::nullopt;
    if (name == known) return bpf_prog_type(type);
  }
}

// Whether nobody said what the program is, neither its section nor the caller.
bool guess_unknown_type(bpf_program* program, const CheckOptions& options) {
  if (bpf_program__type(program) != BPF_PROG_TYPE_UNSPEC) return false;
  bpf_program__set_type(program, type_named(options.type).value_or(BPF_PROG_TYPE_SOCKET_FILTER));
  return options.type.empty();
}

// The type that libbpf gives to the longest beginning of the section that it knows, up to a `/` or `_`: Cilium's
// "tc/tail", and "xdp_pass", which libbpf knew before 1.0. UNSPEC: none.
bpf_prog_type type_by_beginning(std::string section) {
  bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
  bpf_attach_type unused;
  for (size_t end; (end = section.find_last_of("/_")) != section.npos;) {
    section.resize(end);
    if (libbpf_prog_type_by_name(section.c_str(), &type, &unused) == 0) break;
  }
  return type;
}

std::string words_of_guess(const bpf_program* program, const std::string& type) {
  const std::string section = bpf_program__section_name(program);
  const bpf_prog_type meant = type_by_beginning(section);
  return "the section `" + section + "` names no program type, so this was taken for a " + type + " program: --type " +
         (meant ? libbpf_bpf_prog_type_str(meant) : "TYPE") + " says otherwise";
}

// The number after `label`, or 0.
u64 number_after(std::string_view text, std::string_view label) {
  const size_t at = text.find(label);
  if (at == std::string_view::npos) return 0;
  return std::strtoull(std::string(text.substr(at + label.size(), 20)).c_str(), nullptr, 10);
}

// The statistics end a log: "verification time N usec", "stack depth N+M", "processed N insns ...". Looked for from the
// end, since the lines before may be hundreds of megabytes; not always at the start of a line, since a few messages of
// the kernel lack their newline.
size_t statistics_begin(std::string_view log) {
  const size_t processed = log.rfind("\nprocessed ");
  if (processed == std::string_view::npos) return log.starts_with("processed ") ? 0 : std::string_view::npos;
  const size_t begin = processed + 1;
  const size_t timing = log.rfind("verification time ", begin);
  return timing != std::string_view::npos && begin - timing < kStatisticsBytesMax ? timing : begin;
}

std::string last_line(std::string_view log) {
  while (!log.empty() && log.back() == '\n') log.remove_suffix(1);
  const size_t newline = log.rfind('\n');
  return std::string(newline == std::string_view::npos ? log : log.substr(newline + 1));
}

void read_log(ProgramResult& result, bool loaded, const std::string& warning) {
  const std::string_view log = result.log;
  const size_t begin = statistics_begin(log);
  if (begin == std::string_view::npos) {
    result.stage = loaded ? Stage::Kernel : Stage::Libbpf;
    result.message = last_line(log);
    if (result.message.empty()) result.message = warning;
    return;
  }
  const std::string_view statistics = log.substr(begin);
  result.stage = Stage::Verifier;
  result.message = last_line(log.substr(0, begin));
  result.insns_processed = number_after(statistics, "processed ");
  result.total_states = number_after(statistics, "total_states ");
  result.peak_states = number_after(statistics, "peak_states ");
  result.time_us = number_after(statistics, "verification time ");
}

// libbpf's name of an object: the file name up to its first dot.
std::string name_of(const std::string& path) {
  const std::string base = path.substr(path.rfind('/') + 1);
  return base.substr(0, base.find('.'));
}

Result<std::vector<u8>> read_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error_status(errno, std::strerror(errno));
  std::vector<u8> bytes;
  struct stat st;
  int error = fstat(fd, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
  if (error == 0) bytes.resize(size_t(st.st_size));
  size_t done = 0;
  while (error == 0 && done < bytes.size()) {
    const ssize_t n = read(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0) error = errno;
    if (n <= 0) break;
    done += size_t(n);
  }
  close(fd);
  if (error) return error_status(error, std::strerror(error));
  bytes.resize(done);
  return bytes;
}

}  // namespace

Result<std::vector<ObjectFile>> read_objects(const std::string& path) {
  auto file = read_file(path);
  if (!file.ok()) return file.status();
  auto extents = find_bpf_objects(*file);
  if (!extents.ok()) return extents.status();
  std::vector<ObjectFile> objects;
  for (const Extent& extent : *extents) {
    const bool whole = extent.offset == 0;
    const auto at = file->begin() + std::ptrdiff_t(extent.offset);
    objects.push_back({.label = whole ? path : path + "[" + std::to_string(objects.size() + 1) + "]",
                       .object_name = name_of(path),
                       .bytes = std::make_shared<std::vector<u8>>(at, at + std::ptrdiff_t(extent.size))});
  }
  return objects;
}

ObjectFile object_from_bytes(const std::string& path, std::vector<u8> bytes) {
  return {.label = path, .object_name = name_of(path), .bytes = std::make_shared<std::vector<u8>>(std::move(bytes))};
}

LogBuffer::LogBuffer() {
  for (const u32 size : {kLogBytes, kLogBytesIfShort}) {
    void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) continue;
    data_ = static_cast<char*>(pages);
    size_ = size;
    return;
  }
  SKEP_CHECK(data_ != nullptr);
}

LogBuffer::~LogBuffer() { munmap(data_, size_); }

void LogBuffer::clear() { madvise(data_, size_, MADV_DONTNEED); }

Result<std::vector<std::string>> list_programs(const ObjectFile& object, const Backend& backend) {
  const Backend::Session session = backend.session();
  const Intercept intercept(session.answers);
  const Warnings warnings;
  const Opened opened = open_object(object);
  if (!opened.object) return error_status(errno ? errno : EINVAL, warnings.last());
  std::vector<std::string> names;
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(opened.object.get(), program)) != nullptr) {
    names.emplace_back(bpf_program__name(program));
  }
  return names;
}

ProgramResult check_program(const ObjectFile& object, size_t index, const Backend& backend, const CheckOptions& options,
                            LogBuffer& buffer) {
  ProgramResult result;
  Backend::Session session = backend.session({.variables = [bytes = object.bytes] { return read_variables(*bytes); }});
  std::optional<long>
      answer;  // of the load of our program, which has our log buffer: libbpf probes with loads of its own
  session.answers.bpf = [&, real = session.answers.bpf](int cmd, void* attr, unsigned size) {
    const long value = real(cmd, attr, size);
    if (cmd == BPF_PROG_LOAD && static_cast<bpf_attr*>(attr)->log_buf == reinterpret_cast<u64>(buffer.data()))
      answer = value;
    return value;
  };
  const Intercept intercept(session.answers);
  const Warnings warnings;
  std::unique_lock<std::mutex> turn = turn_of_fixed_arenas();  // until the object is closed
  const Opened opened = open_object(object);
  SKEP_CHECK(opened.object != nullptr);  // it could be opened for list_programs()
  if (has_fixed_arena(opened.object.get())) turn.lock();
  prepare_maps(opened.object.get());
  bpf_program* program = select_program(opened.object.get(), index);
  const bool guessed = guess_unknown_type(program, options);
  result.name = bpf_program__name(program);
  const char* type = libbpf_bpf_prog_type_str(bpf_program__type(program));
  result.type = type != nullptr ? type : "unknown";
  buffer.clear();
  bpf_program__set_log_buf(program, buffer.data(), buffer.size());
  bpf_program__set_log_level(program, options.log_level);
  const int loaded = bpf_object__load(opened.object.get());
  // The load's own answer: libbpf may still fail after it, when it fills a prog array with programs that were not to be
  // loaded.
  result.error = answer ? int(std::min<long>(*answer, 0)) : loaded;
  result.log.assign(buffer.data(), strnlen(buffer.data(), buffer.size()));
  read_log(result, answer.has_value(), warnings.last());
  const LoadFacts facts = session.facts(reinterpret_cast<u64>(buffer.data()));
  result.code = facts.code;
  result.explanations = facts.explanations;
  if (guessed && !result.explanations.empty())
    result.explanations.front().notes.push_back(words_of_guess(program, result.type));
  result.explain_time_us = facts.explain_time_us;
  result.profile = facts.profile;
  if (facts.known && result.time_us == 0) result.time_us = facts.time_us;
  return result;
}

bool is_program_type(const std::string& name) { return type_named(name).has_value(); }

u32 program_type_named(const std::string& name) { return u32(type_named(name).value_or(BPF_PROG_TYPE_UNSPEC)); }

std::string program_type_name(u32 type) {
  const char* const name = libbpf_bpf_prog_type_str(bpf_prog_type(type));
  return name ? name : "";
}

}  // namespace skep::object
