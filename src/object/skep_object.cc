// The C interface to objects (skep.h, skep_object_...): libbpf talks to the default kernel.
#include <cerrno>
#include <cstring>
#include <new>

#include "object/compile.h"
#include "object/loaded_object.h"
#include "skep/skep.h"
#include "sys/default_kernel.h"
#include "sys/host.h"
#include "sys/kernel_btf.h"

using skep::Status;

struct skep_object {
  std::unique_ptr<skep::object::LoadedObject> object;
  std::string error;

  int done(const Status& status) {
    error = status.ok() ? "" : status.context();
    return -status.error();
  }
};

namespace skep::object {
namespace {

constexpr char kRelease[] = "6.18.44";

bool is_source(std::string_view path) { return path.ends_with(".bpf.c") || path.ends_with(".c"); }

Result<ObjectFile> compile(const std::string& path) {
  auto btf = sys::find_kernel_btf("6.18");
  if (!btf.ok()) return btf.status();
  auto compiled = compile_bpf(path, {.include_paths = {}, .definitions = {}, .btf_file = *btf});
  if (!compiled.ok()) return compiled.status();
  if (compiled->object.empty()) return error_status(EINVAL, compiled->diagnostics);
  return object_from_bytes(path, std::move(compiled->object));
}

Result<ObjectFile> read_one(const std::string& path) {
  if (is_source(path)) return compile(path);
  auto objects = read_objects(path);
  if (!objects.ok()) return objects.status();
  if (objects->empty()) return error_status(EINVAL, path + ": no BPF object");
  return objects->front();
}

// The types of the default kernel as libbpf has them: the kernel's, continued by the host's.
std::shared_ptr<KernelTypes> kernel_types() {
  static auto* const types = new std::shared_ptr<KernelTypes>([] {
    auto file = sys::find_kernel_btf("6.18");
    const auto both = sys::default_kernel().vmlinux();
    std::vector<u8> more;
    if (both && both->base()) more.assign(both->data().begin(), both->data().end());
    return std::make_shared<KernelTypes>(file.ok() ? *file : "", std::move(more));
  }());
  return *types;
}

Answers default_answers() {
  sys::Kernel& kernel = sys::default_kernel();
  auto types = kernel_types();
  Answers answers;
  answers.bpf = [&kernel](int cmd, void* attr, unsigned size) { return kernel.bpf(cmd, attr, size); };
  answers.mapped = [&kernel](int fd, u64 address) { kernel.note_mapping(fd, address); };
  answers.kernel_types = [types] { return types->get(); };
  answers.is_shared = [types](const struct ::btf* asked) { return types->is(asked); };
  if (auto file = sys::find_kernel_btf("6.18"); file.ok()) answers.btf_file = *file;
  answers.release = kRelease;
  answers.possible_cpus = kernel.target().possible_cpus();
  answers.kallsyms = [] { return std::string(); };
  return answers;
}

int open_object(const Result<ObjectFile>& file, skep_object** out) {
  auto* object = new (std::nothrow) skep_object;
  *out = object;
  if (!object) return -ENOMEM;
  if (!file.ok()) return object->done(file.status());
  auto opened = LoadedObject::open(*file, default_answers());
  if (!opened.ok()) return object->done(opened.status());
  object->object = std::move(*opened);
  return 0;
}

}  // namespace
}  // namespace skep::object

using namespace skep::object;

extern "C" int skep_host_types_of(const char* path) {
  const auto file = read_one(path);
  if (!file.ok()) return -file.error();
  const auto types = types_of(*file);
  return types.ok() ? skep_host_types(types->data(), types->size()) : -types.error();
}

extern "C" int skep_object_open(const char* path, skep_object** object) { return open_object(read_one(path), object); }

extern "C" int skep_object_open_memory(const void* bytes, unsigned long size, const char* name, skep_object** object) {
  const auto* from = static_cast<const skep::u8*>(bytes);
  return open_object(object_from_bytes(name ? name : "object", {from, from + size}), object);
}

extern "C" void skep_object_close(skep_object* object) { delete object; }
extern "C" const char* skep_object_error(const skep_object* object) { return object ? object->error.c_str() : ""; }

extern "C" int skep_object_set_global(skep_object* object, const char* name, const void* value, unsigned long size) {
  return object->done(object->object->set_global(name, {static_cast<const skep::u8*>(value), size}));
}

extern "C" int skep_object_set_max_entries(skep_object* object, const char* map, unsigned int max_entries) {
  return object->done(object->object->set_max_entries(map, max_entries));
}

extern "C" int skep_object_use_map(skep_object* object, const char* map, int fd) {
  return object->done(object->object->use_map(map, fd));
}

extern "C" int skep_object_load(skep_object* object) {
  const auto host_type = [](std::string_view section, skep::u32* type) {
    return skep::sys::settled_host().additions->type_of_section(section, type) != nullptr;
  };
  return object->done(object->object->load(host_type));
}

extern "C" int skep_object_program_fd(const skep_object* object, const char* name) {
  return object->object->program_fd(name);
}

extern "C" int skep_object_map_fd(const skep_object* object, const char* name) { return object->object->map_fd(name); }

extern "C" int skep_object_get_global(const skep_object* object, const char* name, void* value, unsigned long size) {
  return -object->object->get_global(name, {static_cast<skep::u8*>(value), size}).error();
}
