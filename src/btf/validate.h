// BTF_LOAD's checks (spec: btf-and-load.md 2): the kernel's order, errno and texts, for BTF that comes from anyone.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "btf/btf.h"

namespace skep::btf {

// Receives the log text in pieces (the kernel's `log_level != 0`); null when no log is wanted.
struct LogSink {
  void (*write)(void* cookie, std::string_view text) = nullptr;
  void* cookie = nullptr;
};

// Checks header, strings, every type (pass 1), resolution (pass 2) and type tags, and returns the parsed BTF (a private
// copy of `data`). The errno of the first failure otherwise. Special-field records of its structs are checked by
// record.h afterwards.
Result<std::unique_ptr<Btf>> load(std::span<const u8> data, const LogSink& log);

}  // namespace skep::btf
