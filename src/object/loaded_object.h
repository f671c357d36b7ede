// An object loaded whole, for whoever runs its programs: all its maps and programs, in one kernel of ours.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "object/backend.h"
#include "object/loader.h"

struct bpf_object;

namespace skep::object {

// The types of an object: its BTF. EINVAL: it has none, or is no object.
Result<std::vector<u8>> types_of(const ObjectFile& file);

class LoadedObject {
 public:
  // Opens; nothing is loaded yet. `answers` is what libbpf talks to. EINVAL and what libbpf says: no BPF object.
  static Result<std::unique_ptr<LoadedObject>> open(const ObjectFile& file, Answers answers);
  ~LoadedObject();
  LoadedObject(const LoadedObject&) = delete;
  LoadedObject& operator=(const LoadedObject&) = delete;

  // Before load(). A global variable's first value. ENOENT: no variable of this name; EINVAL: it has another size.
  Status set_global(std::string_view name, std::span<const u8> value);
  Status set_max_entries(const std::string& map, u32 max_entries);
  Status use_map(const std::string& map, int fd);  // the fd stays the caller's
  // Only these programs are to be loaded, no map is pinned, and one without a size (max_entries 0) has room for one
  // element. ENOENT: there is no such program.
  Status only(const std::vector<std::string>& programs);
  // Programs and maps by name, in the object's order.
  std::vector<std::string> program_names() const;
  std::vector<std::string> map_names() const;
  // BPF_PROG_TYPE_* of a program; 0: there is no such program.
  u32 program_type(const std::string& program) const;
  // Entries of a value of per-CPU maps.
  int possible_cpus() const;
  // The program type of programs in sections that libbpf does not know; false: leave it.
  using TypeOfSection = std::function<bool(std::string_view section, u32* prog_type)>;
  // errno of the load and the verifier's log, or libbpf's last words. With `leave_slots_empty`, a program array need
  // not hold programs that only() left out.
  Status load(const TypeOfSection& type_of_section, bool leave_slots_empty = false);

  // After load(): descriptors that live as long as this; -ENOENT.
  int program_fd(const std::string& name) const;
  int map_fd(const std::string& name) const;
  // A global variable as it is now. ENOENT, EINVAL as above.
  Status get_global(std::string_view name, std::span<u8> value) const;

 private:
  struct Variable {
    std::string map;  // data section, as libbpf names the map: ".data"
    u32 offset = 0, size = 0;
  };

  explicit LoadedObject(Answers answers) : answers_(std::move(answers)) {}
  Result<Variable> find_variable(std::string_view name) const;

  Answers answers_;
  std::vector<u8> bytes_;  // libbpf may look at them until the object is closed
  std::vector<char> log_;
  struct ::bpf_object* object_ = nullptr;
};

}  // namespace skep::object
