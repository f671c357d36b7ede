// See loaded_object.h.
#include "object/loaded_object.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "object/manners.h"
#include "object/warnings.h"

namespace skep::object {
namespace {

constexpr size_t kLogBytes = 1u << 20;

Status failure(int error, const std::string& words) {
  return error_status(error ? error : EINVAL, words.empty() ? std::strerror(error) : words);
}

bool is_data_section(std::string_view name) {
  return name.starts_with(".data") || name.starts_with(".bss") || name.starts_with(".rodata");
}

}  // namespace

Result<std::vector<u8>> types_of(const ObjectFile& file) {
  const Answers nobody{.bpf = [](int, void*, unsigned) { return -long(EPERM); }};
  const Intercept intercept(nobody);
  const Warnings warnings;
  std::vector<u8> bytes = *file.bytes;
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = file.object_name.c_str());
  bpf_object* object = bpf_object__open_mem(bytes.data(), bytes.size(), &options);
  if (!object) return failure(errno, warnings.last());
  u32 size = 0;
  const struct ::btf* types = bpf_object__btf(object);
  const auto* raw = types ? static_cast<const u8*>(btf__raw_data(types, &size)) : nullptr;
  std::vector<u8> out(raw, raw + size);
  bpf_object__close(object);
  if (out.empty()) return error_status(EINVAL, file.label + " has no BTF: compile it with -g");
  return out;
}

Result<std::unique_ptr<LoadedObject>> LoadedObject::open(const ObjectFile& file, Answers answers) {
  std::unique_ptr<LoadedObject> loaded(new LoadedObject(std::move(answers)));
  const Intercept intercept(loaded->answers_);
  const Warnings warnings;
  loaded->bytes_ = *file.bytes;
  loaded->log_.resize(kLogBytes);
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = file.object_name.c_str(),
              .kernel_log_buf = loaded->log_.data(), .kernel_log_size = kLogBytes);
  loaded->object_ = bpf_object__open_mem(loaded->bytes_.data(), loaded->bytes_.size(), &options);
  if (!loaded->object_) return failure(errno, warnings.last());
  return loaded;
}

LoadedObject::~LoadedObject() {
  const Intercept intercept(answers_);
  bpf_object__close(object_);
}

Result<LoadedObject::Variable> LoadedObject::find_variable(std::string_view name) const {
  const struct ::btf* types = bpf_object__btf(object_);
  const u32 count = types ? btf__type_cnt(types) : 0;
  for (u32 id = 1; id < count; ++id) {
    const btf_type* section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section) || !is_data_section(btf__name_by_offset(types, section->name_off))) continue;
    const btf_var_secinfo* var = btf_var_secinfos(section);
    for (u32 i = 0; i < btf_vlen(section); ++i, ++var) {
      if (name != btf__name_by_offset(types, btf__type_by_id(types, var->type)->name_off)) continue;
      return Variable{btf__name_by_offset(types, section->name_off), var->offset, var->size};
    }
  }
  return error_status(ENOENT, "no global variable " + std::string(name));
}

namespace {

// The bytes of a variable: what the section starts with, and after the load the section itself.
Result<u8*> variable_bytes(bpf_object* object, const std::string& map_name, u32 offset, u32 size, size_t wanted,
                           std::string_view name) {
  if (size != wanted)
    return error_status(EINVAL,
                        std::string(name) + " has " + std::to_string(size) + " bytes, not " + std::to_string(wanted));
  bpf_map* map = bpf_object__find_map_by_name(object, map_name.c_str());
  size_t section_size = 0;
  void* bytes = map ? bpf_map__initial_value(map, &section_size) : nullptr;
  if (!bytes || offset + size > section_size) return error_status(ENOENT, "no section " + map_name);
  return static_cast<u8*>(bytes) + offset;
}

}  // namespace

Status LoadedObject::set_global(std::string_view name, std::span<const u8> value) {
  const Intercept intercept(answers_);
  auto variable = find_variable(name);
  if (!variable.ok()) return variable.status();
  auto at = variable_bytes(object_, variable->map, variable->offset, variable->size, value.size(), name);
  if (!at.ok()) return at.status();
  std::memcpy(*at, value.data(), value.size());
  return {};
}

Status LoadedObject::get_global(std::string_view name, std::span<u8> value) const {
  auto variable = find_variable(name);
  if (!variable.ok()) return variable.status();
  auto at = variable_bytes(object_, variable->map, variable->offset, variable->size, value.size(), name);
  if (!at.ok()) return at.status();
  std::memcpy(value.data(), *at, value.size());
  return {};
}

Status LoadedObject::set_max_entries(const std::string& name, u32 max_entries) {
  bpf_map* map = bpf_object__find_map_by_name(object_, name.c_str());
  if (!map) return error_status(ENOENT, "no map " + name);
  const int result = bpf_map__set_max_entries(map, max_entries);
  return result ? failure(-result, "") : Status();
}

Status LoadedObject::use_map(const std::string& name, int fd) {
  const Intercept intercept(answers_);
  const Warnings warnings;
  bpf_map* map = bpf_object__find_map_by_name(object_, name.c_str());
  if (!map) return error_status(ENOENT, "no map " + name);
  const int result = bpf_map__reuse_fd(map, fd);
  return result ? failure(-result, warnings.last()) : Status();
}

Status LoadedObject::only(const std::vector<std::string>& programs) {
  const Intercept intercept(answers_);
  for (const std::string& name : programs)
    if (!bpf_object__find_program_by_name(object_, name.c_str())) return error_status(ENOENT, "no program " + name);
  prepare_maps(object_);
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object_, program)) != nullptr)
    bpf_program__set_autoload(program, std::count(programs.begin(), programs.end(), bpf_program__name(program)) != 0);
  return {};
}

std::vector<std::string> LoadedObject::program_names() const {
  std::vector<std::string> names;
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object_, program)) != nullptr)
    names.emplace_back(bpf_program__name(program));
  return names;
}

std::vector<std::string> LoadedObject::map_names() const {
  std::vector<std::string> names;
  bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object_, map)) != nullptr) names.emplace_back(bpf_map__name(map));
  return names;
}

u32 LoadedObject::program_type(const std::string& name) const {
  const bpf_program* const program = bpf_object__find_program_by_name(object_, name.c_str());
  return program ? u32(bpf_program__type(program)) : 0;
}

int LoadedObject::possible_cpus() const {
  const Intercept intercept(answers_);
  return libbpf_num_possible_cpus();
}

Status LoadedObject::load(const TypeOfSection& type_of_section, bool leave_slots_empty) {
  Answers answers = answers_;
  if (leave_slots_empty)  // libbpf puts a descriptor that is none into the slot of a program that it did not load
    answers.bpf = [this](int cmd, void* attr, unsigned size) {
      const long answer = answers_.bpf(cmd, attr, size);
      return cmd == BPF_MAP_UPDATE_ELEM && answer == -EBADF ? 0 : answer;
    };
  const Intercept intercept(answers);
  const Warnings warnings;
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object_, program)) != nullptr) {
    u32 type = 0;
    const bool unknown = bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC;
    if (unknown && type_of_section && type_of_section(bpf_program__section_name(program), &type))
      bpf_program__set_type(program, bpf_prog_type(type));
  }
  const int result = bpf_object__load(object_);
  if (result == 0) return {};
  const std::string log(log_.data(), strnlen(log_.data(), log_.size()));
  return failure(-result, log.empty() ? warnings.last() : log);
}

int LoadedObject::program_fd(const std::string& name) const {
  const bpf_program* program = bpf_object__find_program_by_name(object_, name.c_str());
  return program ? bpf_program__fd(program) : -ENOENT;
}

int LoadedObject::map_fd(const std::string& name) const {
  const bpf_map* map = bpf_object__find_map_by_name(object_, name.c_str());
  return map ? bpf_map__fd(map) : -ENOENT;
}

}  // namespace skep::object
