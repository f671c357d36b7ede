// Status and Result<T>: an *environment* error (a system call failed, an argument of bpf(2) is bad), as errno and
// context. A program that the verifier rejects is not an error but a value (diag/), and a bug of ours is a SKEP_CHECK.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/check.h"

namespace skep {

class [[nodiscard]] Status {
 public:
  Status() = default;
  // `error` is a positive errno value; `context` says what was being done, for people.
  Status(int error, std::string context) : error_(error), context_(std::move(context)) {}

  bool ok() const { return error_ == 0; }
  int error() const { return error_; }  // positive errno, 0 if ok
  const std::string& context() const { return context_; }

 private:
  int error_ = 0;
  std::string context_;
};

inline Status error_status(int error, std::string context = {}) { return Status(error, std::move(context)); }

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                                      // NOLINT: implicit by design
  Result(Status status) : status_(std::move(status)) { SKEP_CHECK(!status_.ok()); }  // NOLINT

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  int error() const { return status_.error(); }

  T& value() & {
    SKEP_CHECK(ok());
    return *value_;
  }
  const T& value() const& {
    SKEP_CHECK(ok());
    return *value_;
  }
  T&& value() && {
    SKEP_CHECK(ok());
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace skep
