// Loads a BPF object by libbpf, which knows nothing of skep, and runs its programs of type syscall one after the other.
//
//   kobj_runner OBJECT STEP...
//     NAME[=NUMBER]   runs the program; its context is the number (default: this process' PID). Prints NAME RETVAL
//     pin=PATH        pins the map "kept"
//     use=PATH        the map "kept" is the one pinned there (before the first program)
//     delete          deletes the first element of the map "kept"
//     zero            overwrites it with zeros
//     list            asks for the first map, which collects what is dead
//     stop            prints "ready" and waits to be killed
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

int fail(const std::string& what, int error) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(error < 0 ? -error : error));
  return 1;
}

int run(bpf_object* object, const std::string& name, std::uint64_t number) {
  const bpf_program* program = bpf_object__find_program_by_name(object, name.c_str());
  if (!program) return fail(name, ENOENT);
  std::uint64_t context[1] = {number};
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = context, .ctx_size_in = sizeof(context));
  if (int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options)) return fail(name, error);
  std::printf("%s %d\n", name.c_str(), int(options.retval));
  std::fflush(stdout);
  return 0;
}

int change_kept(bpf_object* object, bool zero) {
  bpf_map* map = bpf_object__find_map_by_name(object, "kept");
  const std::uint32_t key = 0;
  const std::vector<char> value(bpf_map__value_size(map));
  const int fd = bpf_map__fd(map);
  const int error = zero ? bpf_map_update_elem(fd, &key, value.data(), 0) : bpf_map_delete_elem(fd, &key);
  return error ? fail("kept", error) : 0;
}

int step(bpf_object* object, const std::string& text) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals), argument = equals == text.npos ? "" : text.substr(equals + 1);
  if (name == "delete" || name == "zero") return change_kept(object, name == "zero");
  if (name == "pin") {
    const int error = bpf_map__pin(bpf_object__find_map_by_name(object, "kept"), argument.c_str());
    return error ? fail("pin", error) : 0;
  }
  if (name == "list") {
    std::uint32_t id = 0;
    bpf_map_get_next_id(0, &id);
    return 0;
  }
  if (name == "stop") {
    std::puts("ready");
    std::fflush(stdout);
    return pause();
  }
  return run(object, name, argument.empty() ? std::uint64_t(getpid()) : std::strtoull(argument.c_str(), nullptr, 0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fail("usage: kobj_runner OBJECT STEP...", EINVAL);
  bpf_object* object = bpf_object__open(argv[1]);
  if (!object) return fail(argv[1], errno);
  int first = 2;
  if (std::strncmp(argv[2], "use=", 4) == 0) {
    const int fd = bpf_obj_get(argv[first++] + 4);
    if (fd < 0) return fail("use", errno);
    if (int error = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "kept"), fd)) return fail("reuse", error);
  }
  if (int error = bpf_object__load(object)) return fail("load", error);
  for (int i = first; i < argc; ++i)
    if (step(object, argv[i])) return 1;
  bpf_object__close(object);
  return 0;
}
