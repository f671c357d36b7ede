// `skep exec -- COMMAND`: runs a program whose bpf(2) is ours.
#include <elf.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/say.h"
#include "cli/verbs.h"
#include "sys/kernel_btf.h"

namespace skep::cli {
namespace {

namespace fs = std::filesystem;

struct ExecArgs {
  std::string root, engine;
  std::vector<std::string> command;
};

// The library beside the command (build tree), or where it is installed.
fs::path preload_library() {
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& place : {here / "libskep_preload.so", here / "../lib/skep/libskep_preload.so"}) {
    if (fs::exists(place, error)) return fs::canonical(place, error);
  }
  return {};
}

// As execvp(3) finds it.
fs::path find_program(const std::string& name) {
  std::error_code error;
  if (name.find('/') != std::string::npos) return fs::exists(name, error) ? fs::path(name) : fs::path();
  const char* path = std::getenv("PATH");
  for (std::string rest = path ? path : "/usr/bin:/bin"; !rest.empty();) {
    const size_t colon = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, colon)) / name;
    if (access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate, error)) return candidate;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return {};
}

// An ELF program without an interpreter loads no libraries, ours neither.
bool is_static(const fs::path& program) {
  std::ifstream in(program, std::ios::binary);
  Elf64_Ehdr header;
  if (!in.read(reinterpret_cast<char*>(&header), sizeof(header)) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64)
    return false;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    in.seekg(std::streamoff(header.e_phoff) + i * std::streamoff(header.e_phentsize));
    if (!in.read(reinterpret_cast<char*>(&segment), sizeof(segment))) return false;
    if (segment.p_type == PT_INTERP) return false;
  }
  return true;
}

int exec(const ExecArgs& args) {
  const fs::path library = preload_library();
  if (library.empty()) {
    complain("libskep_preload.so", "not found beside skep or in ../lib/skep", "is skep installed whole?");
    return kTrouble;
  }
  const fs::path program = find_program(args.command.front());
  if (program.empty()) {
    complain(args.command.front(), "no such program");
    return kTrouble;
  }
  if (is_static(program)) {
    complain(program.string(), "is statically linked, so that nothing can be put into it",
             "build it with dynamic linking, or link it with libskep");
    return kTrouble;
  }
  const char* others = std::getenv("LD_PRELOAD");
  const std::string preload = library.string() + (others && *others ? std::string(":") + others : "");
  setenv("LD_PRELOAD", preload.c_str(), 1);
  // The child would look beside its own program.
  if (const auto types = sys::find_kernel_btf("6.18"); types.ok()) setenv("SKEP_BTF", types->c_str(), 0);
  if (!args.root.empty()) setenv("SKEP_ROOT", fs::absolute(args.root).c_str(), 1);
  if (!args.engine.empty()) setenv("SKEP_ENGINE", args.engine.c_str(), 1);
  std::vector<char*> argv;
  for (const std::string& word : args.command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  complain(program.string(), std::strerror(errno));
  return kTrouble;
}

}  // namespace

void add_exec(CLI::App& app, Verb& chosen) {
  auto args = std::make_shared<ExecArgs>();
  CLI::App* verb = app.add_subcommand(
      "exec", "Run a program whose bpf(2) is skep's: its maps and programs live in your own namespace");
  verb->add_option("--root", args->root, "The namespace's folder (else $SKEP_ROOT, else /dev/shm/skep-UID)");
  verb->add_option("--engine", args->engine, "What runs programs: jit, interp or checked (else $SKEP_ENGINE, else jit)")
      ->check(CLI::IsMember({"jit", "interp", "checked"}));
  verb->add_option("COMMAND", args->command, "The program and its arguments, behind --")->required();
  verb->footer(
      "Examples:\n"
      "  skep exec -- bpftool map create /sys/fs/bpf/counts type hash key 4 value 8 entries 100 name counts\n"
      "  skep exec -- bpftool map show\n"
      "  skep exec -- ./agent --config agent.toml\n"
      "Only dynamically linked programs that reach bpf(2) through libc's syscall(); nothing can be attached.");
  verb->callback([args, &chosen] { chosen = [args] { return exec(*args); }; });
}

}  // namespace skep::cli
