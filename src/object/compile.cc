// See compile.h.
#include "object/compile.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace skep::object {
namespace {

constexpr int kNewestClang = 40, kOldestClang = 12;
constexpr int kPreferredClang = 22;

bool in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "/usr/bin:/bin";
  for (size_t at = 0; at <= folders.size();) {
    const size_t end = std::min(folders.find(':', at), folders.size());
    if (access((folders.substr(at, end - at) + "/" + name).c_str(), X_OK) == 0) return true;
    at = end + 1;
  }
  return false;
}

std::string find_clang() {
  const char* given = std::getenv("SKEP_CLANG");
  if (given != nullptr && *given) return given;
  std::string name = "clang-" + std::to_string(kPreferredClang);
  if (in_path(name)) return name;
  for (int version = kNewestClang; version >= kOldestClang; --version) {
    name = "clang-" + std::to_string(version);
    if (in_path(name)) return name;
  }
  return in_path("clang") ? "clang" : std::string();
}

// libbpf's headers: beside the running program (a build tree), beside its folder (installed), else where skep was
// installed.
std::string libbpf_headers() {
  char exe[4096];
  const ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
  std::string folder(exe, n > 0 ? size_t(n) : 0);
  folder = folder.substr(0, folder.rfind('/'));
  for (const char* place : {"/share/skep/include", "/../share/skep/include"}) {
    if (access((folder + place).c_str(), R_OK) == 0) return folder + place;
  }
  return std::string(SKEP_PREFIX) + "/share/skep/include";
}

std::string read_all(int fd) {
  std::string text(size_t(lseek(fd, 0, SEEK_END)), '\0');
  const ssize_t n = pread(fd, text.data(), text.size(), 0);
  text.resize(n > 0 ? size_t(n) : 0);
  return text;
}

std::vector<std::string> arguments(const std::string& clang, const std::string& path, const std::string& vmlinux,
                                   const CompileOptions& options) {
  std::vector<std::string> args = {clang, "-g", "-O2", "--target=bpf", "-mcpu=" + options.cpu, "-D__TARGET_ARCH_x86"};
  args.insert(args.end(), options.flags.begin(), options.flags.end());
  if (options.colour) args.push_back("-fcolor-diagnostics");
  for (const std::string& definition : options.definitions) args.push_back("-D" + definition);
  for (const std::string& folder : options.include_paths) args.push_back("-I" + folder);
  const std::string headers = libbpf_headers();
  for (const std::string& folder : {vmlinux, headers, headers + "/uapi"}) args.insert(args.end(), {"-isystem", folder});
  // What clang searches for the machine itself, after everything else: <asm/types.h> and friends.
  for (const char* folder : {"/usr/local/include", "/usr/include/x86_64-linux-gnu", "/usr/include"}) {
    args.insert(args.end(), {"-idirafter", folder});
  }
  args.insert(args.end(), {"-c", path, "-o", "-"});
  return args;
}

// Runs a program with standard output and error into files of ours. Its exit status, or -errno.
int run(const std::vector<std::string>& args, int out, int err) {
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error) return -error;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

Result<Compilation> compile_bpf(const std::string& path, const CompileOptions& options) {
  const std::string clang = find_clang();
  if (clang.empty()) return error_status(ENOENT, "no clang found (install clang, or name one in SKEP_CLANG)");
  auto vmlinux = vmlinux_header_folder(options.btf_file);
  if (!vmlinux.ok()) return vmlinux.status();
  const int out = memfd_create("object", MFD_CLOEXEC), err = memfd_create("diagnostics", MFD_CLOEXEC);
  if (out < 0 || err < 0) return error_status(errno, "memfd_create");
  const int status = run(arguments(clang, path, *vmlinux, options), out, err);
  Compilation result;
  result.diagnostics = read_all(err);
  if (status == 0) {
    const std::string object = read_all(out);
    result.object.assign(object.begin(), object.end());
  }
  close(out);
  close(err);
  if (status < 0) return error_status(-status, clang);
  return result;
}

}  // namespace skep::object
