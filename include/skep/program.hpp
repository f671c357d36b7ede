// skep's C++ interface to programs: load an object, set its variables, run its programs, look at its maps.
//
//   skep::Object object = skep::Object::open("filter.bpf.c");
//   object.set("limit", 10u);
//   if (skep::Error e = object.load()) return std::puts(object.why());
//   auto verdict = object.program("filter")->test(packet);       // BPF_PROG_TEST_RUN: verdict->retval, verdict->data
//   auto counts = object.map<std::uint32_t, std::uint64_t>("counts");
//
// A host's own program types and kfuncs: skep.h, skep_host_...; docs/library.md has a whole example.
#pragma once

#include <string_view>

#include "skep/skep.hpp"

namespace skep {

// What BPF_PROG_TEST_RUN gave back.
struct TestResult {
  std::uint32_t retval = 0;
  std::uint32_t duration = 0;      // ns of a run, on the average
  std::vector<std::uint8_t> data;  // the packet as the program left it
};

// A program ready to run. May be used from many threads at once.
class Program {
 public:
  // `fd` stays the caller's.
  static Expected<Program> open(int fd) {
    skep_program* program = nullptr;
    if (const int r = skep_program_open(fd, &program)) return Error::from(r);
    return Program(program);
  }
  Program(Program&& other) noexcept : program_(std::exchange(other.program_, nullptr)) {}
  Program& operator=(Program&& other) noexcept {
    std::swap(program_, other.program_);
    return *this;
  }
  ~Program() { skep_program_close(program_); }

  // On a context in place, for types whose context is plain memory (skep.h, skep_program_run). `budget`: jumps backward
  // and callbacks; 0: no limit.
  template <typename Context>
  Expected<std::uint64_t> run(Context& context, std::uint64_t budget = 0) const {
    return run(&context, sizeof(context), budget);
  }
  Expected<std::uint64_t> run(void* context, std::size_t size, std::uint64_t budget = 0) const {
    unsigned long long retval = 0;
    if (const int r = skep_program_run(program_, context, size, budget, &retval)) return Error::from(r);
    return retval;
  }

  // On a packet, as BPF_PROG_TEST_RUN does. `room`: bytes that the program may make of it.
  Expected<TestResult> test(std::span<const std::uint8_t> packet, std::uint32_t repeat = 1,
                            std::size_t room = 4096) const {
    TestResult result;
    result.data.resize(packet.size() + room);
    skep_test_run run = {.data = packet.data(),
                         .data_size = unsigned(packet.size()),
                         .data_out = result.data.data(),
                         .data_out_size = unsigned(result.data.size()),
                         .repeat = repeat};
    if (const int r = skep_program_test(program_, &run)) return Error::from(r);
    result.data.resize(run.data_out_size);
    result.retval = run.retval;
    result.duration = run.duration;
    return result;
  }

 private:
  explicit Program(skep_program* program) : program_(program) {}
  skep_program* program_;
};

// A BPF object, loaded whole. One thread at a time.
class Object {
 public:
  // An object file, or BPF C (".bpf.c"), which is compiled. Where that fails, why() of the object says why: so the
  // object is always there.
  static Object open(const char* path) {
    Object object;
    object.state_ = Error::from(skep_object_open(path, &object.object_));
    return object;
  }
  Object(Object&& other) noexcept : object_(std::exchange(other.object_, nullptr)), state_(other.state_) {}
  Object& operator=(Object&& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(state_, other.state_);
    return *this;
  }
  ~Object() { skep_object_close(object_); }

  // Before load(): the first value of a global variable.
  template <typename T>
  Error set(const char* variable, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return state_ ? state_ : Error::from(skep_object_set_global(object_, variable, &value, sizeof(value)));
  }
  Error set_max_entries(const char* map, std::uint32_t n) {
    return state_ ? state_ : Error::from(skep_object_set_max_entries(object_, map, n));
  }
  // An open map in the place of a new one.
  Error use_map(const char* name, const MapHandle& map) {
    return state_ ? state_ : Error::from(skep_object_use_map(object_, name, map.fd()));
  }
  // Makes the maps, verifies the programs. What the verifier says: EACCES, EINVAL ...
  Error load() { return state_ ? state_ : state_ = Error::from(skep_object_load(object_)); }
  // Why the last call failed: the verifier's log, the compiler's words.
  const char* why() const { return skep_object_error(object_); }

  // After load(). ENOENT.
  Expected<Program> program(const char* name) const {
    const int fd = state_ ? -state_.code() : skep_object_program_fd(object_, name);
    if (fd < 0) return Error::from(fd);
    return Program::open(fd);
  }
  template <typename K, typename V>
  Expected<Map<K, V>> map(const char* name) const {
    const int fd = state_ ? -state_.code() : skep_object_map_fd(object_, name);
    if (fd < 0) return Error::from(fd);
    return Map<K, V>::from_fd(fd);
  }
  template <typename T>
  Expected<T> get(const char* variable) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    if (state_) return state_;
    if (const int r = skep_object_get_global(object_, variable, &value, sizeof(value))) return Error::from(r);
    return value;
  }

 private:
  Object() = default;
  skep_object* object_ = nullptr;
  Error state_;
};

}  // namespace skep
