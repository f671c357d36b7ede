// Runs the scripts of a folder (*.ops): skep must answer every line as the running kernel did (scripts.h).
//
//   skep_map_scripts FOLDER [PART OF A NAME]
#include <cstdio>

#include "scripts.h"
#include "session.h"

namespace skep::maps {
namespace {

scripts::Answers answers_of(sys::Asker asker, std::shared_ptr<sys::Kernel> kernel) {
  auto session = std::make_shared<Session>(std::move(asker));
  return [session, kernel](std::string_view question) { return session->run(question); };
}

scripts::Sides sides() {
  scripts::Sides sides;
  sides.ours = [] {
    std::shared_ptr<sys::Kernel> kernel = sys::make_kernel();
    return answers_of(sys::ask(*kernel), kernel);
  };
  if (sys::running_kernel_is_reference()) sides.running = [] { return answers_of(sys::running_kernel(), nullptr); };
  return sides;
}

}  // namespace
}  // namespace skep::maps

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: skep_map_scripts FOLDER [PART OF A NAME]\n");
    return 2;
  }
  return skep::scripts::run_scripts(argv[1], argc > 2 ? argv[2] : "", skep::maps::sides());
}
