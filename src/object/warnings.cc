// See warnings.h. libbpf's print function is one for the process and has no context, so each thread's keeper is a
// thread-specific value.
#include "object/warnings.h"

#include <bpf/libbpf.h>
#include <pthread.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/check.h"

namespace skep::object {
namespace {

pthread_key_t warnings_key() {
  static const pthread_key_t key = [] {
    pthread_key_t made;
    SKEP_CHECK(pthread_key_create(&made, nullptr) == 0);
    return made;
  }();
  return key;
}

// A warning that only passes on that something failed, after the one that said why.
bool is_echo(std::string_view text) {
  return text.starts_with("libbpf: failed to load object") ||
         text.starts_with("libbpf: permission error while running as root") ||
         text.find("': failed to load: -") != std::string_view::npos ||
         text.find("': failed to prepare load attributes: -") != std::string_view::npos;
}

}  // namespace

struct WarningSink {
  static int keep(libbpf_print_level level, const char* format, va_list args) {
    auto* warnings = static_cast<Warnings*>(pthread_getspecific(warnings_key()));
    if (level != LIBBPF_WARN || warnings == nullptr) return 0;
    char line[1024];
    const int length = std::vsnprintf(line, sizeof(line), format, args);
    const std::string_view text(line, std::strcspn(line, "\n"));
    if (!is_echo(text)) warnings->last_ = text;
    return length;
  }
};

Warnings::Warnings() {
  static const libbpf_print_fn_t before = libbpf_set_print(WarningSink::keep);
  static_cast<void>(before);
  pthread_setspecific(warnings_key(), this);
}

Warnings::~Warnings() { pthread_setspecific(warnings_key(), nullptr); }

}  // namespace skep::object
