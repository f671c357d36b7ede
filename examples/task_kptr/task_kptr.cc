// Two processes and one task. Each call is a process of its own:
//
//   task_kptr FOLDER keep PID    a program takes the task and keeps it in a map, which is pinned; the process ends
//   task_kptr FOLDER take        another process' program takes it out of the map, reads it and releases it
//   task_kptr FOLDER leak        its twin that forgets to release it: what the verifier says
//
// FOLDER: where the programs are.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "skep/program.hpp"

namespace {

constexpr const char* kPin = "/sys/fs/bpf/kept_task";

struct Request {
  std::uint32_t pid = 0;
  char comm[16] = {};
};
using KeptMap = skep::Map<std::uint32_t, std::uint64_t>;  // a kptr is one word, which user space never sees

int fail(const char* what, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", what, why.c_str());
  return 1;
}

// Runs a program of the object; 0: it says that it did something.
int run(const skep::Object& object, const char* name, Request& request) {
  const auto program = object.program(name);
  if (!program) return fail(name, program.error().message());
  const auto done = program->run(request);
  if (!done) return fail(name, done.error().message());
  return *done ? 0 : fail(name, "no task");
}

int keep(const std::string& folder, std::uint32_t pid) {
  skep::Object object = skep::Object::open((folder + "/task_kptr.bpf.c").c_str());
  if (object.load()) return fail("load", object.why());
  const auto map = object.map<std::uint32_t, std::uint64_t>("kept");
  if (!map) return fail("map", map.error().message());
  Request request{.pid = pid};
  if (run(object, "keep", request)) return 1;
  if (const skep::Error error = map->pin(kPin)) return fail(kPin, error.message());
  std::printf("kept task %u\n", pid);
  return 0;
}

int take(const std::string& folder) {
  skep::Object object = skep::Object::open((folder + "/task_kptr.bpf.c").c_str());
  const auto map = KeptMap::open(kPin);
  if (!map) return fail(kPin, map.error().message());
  if (object.use_map("kept", *map) || object.load()) return fail("load", object.why());
  Request request;
  if (run(object, "take", request)) return 1;
  std::printf("took task %u (%.16s) and released it\n", request.pid, request.comm);
  return 0;
}

int leak(const std::string& folder) {
  skep::Object object = skep::Object::open((folder + "/leak.bpf.c").c_str());
  if (!object.load()) return fail("leak", "the verifier let it pass");
  const std::string log = object.why();
  const size_t at = log.find("Unreleased reference");
  if (at == std::string::npos) return fail("leak", log);
  std::printf("rejected: %s\n", log.substr(at, log.find('\n', at) - at).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[2] : "";
  if (verb == "keep" && argc == 4) return keep(argv[1], std::uint32_t(std::strtoul(argv[3], nullptr, 10)));
  if (verb == "take") return take(argv[1]);
  if (verb == "leak") return leak(argv[1]);
  return fail("usage", "task_kptr FOLDER keep PID | take | leak");
}
