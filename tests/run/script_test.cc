// Runs the scripts of a folder (*.ops): skep must answer every BPF_PROG_TEST_RUN as the running kernel did (scripts.h).
//
//   skep_run_scripts FOLDER [PART OF A NAME]
#include <cstdio>

#include "scripts.h"
#include "session.h"
#include "sys/kernel_btf.h"

namespace skep::runs {
namespace {

std::shared_ptr<const btf::Btf> open_types(const std::string& path) {
  auto types = sys::open_kernel_btf(path);
  return types.ok() ? *types : nullptr;
}

std::shared_ptr<const btf::Btf> reference_types() { return open_types(SKEP_BTF_FILE); }

scripts::Answers answers_of(sys::Asker asker, std::shared_ptr<sys::Kernel> kernel,
                            std::shared_ptr<const btf::Btf> types) {
  auto session = std::make_shared<Session>(std::move(asker), std::move(types));
  return [session, kernel](std::string_view question) { return session->run(question); };
}

scripts::Sides sides() {
  scripts::Sides sides;
  sides.ours = [] {
    auto target = std::make_shared<target::Target>(reference_types);
    auto kernel = std::make_shared<sys::Kernel>(sys::KernelConfig{.target = std::move(target), .caps = {}});
    return answers_of(sys::ask(*kernel), kernel, kernel->vmlinux());
  };
  if (sys::running_kernel_is_reference())
    sides.running = [] { return answers_of(sys::running_kernel(), nullptr, open_types("/sys/kernel/btf/vmlinux")); };
  return sides;
}

}  // namespace
}  // namespace skep::runs

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: skep_run_scripts FOLDER [PART OF A NAME]\n");
    return 2;
  }
  return skep::scripts::run_scripts(argv[1], argc > 2 ? argv[2] : "", skep::runs::sides());
}
