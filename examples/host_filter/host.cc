// An application that lets its users filter requests with BPF programs: verified like the kernel's, run at native
// speed.
//   host_filter FOLDER     where types.bpf.c and the filters are
#include <cstdio>
#include <string>

#include "skep/program.hpp"
#include "types.h"

namespace {

user users[] = {{.id = 1, .score = 50}, {.id = 2, .score = 7}};
int references = 0;

extern "C" unsigned host_score(user* u) { return u->score; }
extern "C" user* host_find_user(unsigned id) {
  for (user& u : users)
    if (u.id == id) return ++references, &u;
  return nullptr;
}
extern "C" void host_put_user(user*) { --references; }

template <typename F>
skep_function body(F* f) {
  return reinterpret_cast<skep_function>(f);
}

int set_up(const std::string& folder) {
  constexpr unsigned kAcquire = 1, kRelease = 2, kRetNull = 4, kTrustedArgs = 16;
  const skep_program_type type = {.name = "request_filter",
                                  .context = "request_ctx",
                                  .returns_checked = 1,
                                  .return_min = 0,
                                  .return_max = 1,
                                  .may_sleep = 0,
                                  .helpers_of = 0};
  int error = skep_host_types_of((folder + "/types.bpf.c").c_str());
  if (!error) error = skep_host_kfunc("host_score", body(host_score), kTrustedArgs);
  if (!error) error = skep_host_kfunc("host_find_user", body(host_find_user), kAcquire | kRetNull);
  if (!error) error = skep_host_kfunc("host_put_user", body(host_put_user), kRelease);
  return error ? error : skep_host_program_type(&type);
}

void run(const skep::Object& object, const char* name, unsigned size, user& sender) {
  const auto program = object.program(name);
  if (!program) return void(std::printf("%s: %s\n", name, program.error().message().c_str()));
  request_ctx ctx = {.size = size, .priority = 0, .sender = &sender};
  const auto verdict = program->run(ctx);
  if (!verdict) return void(std::printf("%s: %s\n", name, verdict.error().message().c_str()));
  std::printf("%s: %s, priority %u\n", name, *verdict ? "pass" : "drop", ctx.priority);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  if (const int error = set_up(folder))
    return std::printf("set up: %s\n", skep::Error::from(error).message().c_str()), 1;
  skep::Object filter = skep::Object::open((folder + "/filter.bpf.c").c_str());
  if (filter.set("limit", 100u) || filter.load()) return std::printf("%s\n", filter.why()), 1;
  run(filter, "small_only", 64, users[0]);
  run(filter, "small_only", 200, users[1]);
  run(filter, "known_sender", 64, users[1]);
  user stranger = {.id = 9, .score = 0};
  run(filter, "known_sender", 64, stranger);
  std::printf("references held: %d\n", references);

  skep::Object leaky = skep::Object::open((folder + "/leaky.bpf.c").c_str());
  const skep::Error error = leaky.load();
  const std::string log = leaky.why();
  const size_t at = log.find("Unreleased reference");
  std::printf("leaky: %s\n",
              at == std::string::npos ? error.message().c_str() : log.substr(at, log.find('\n', at) - at).c_str());
  return 0;
}
