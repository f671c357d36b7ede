// What libbpf says while a Warnings is alive on this thread: kept instead of printed.
#pragma once

#include <string>

namespace skep::object {

class Warnings {
 public:
  Warnings();
  ~Warnings();
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  // libbpf's reason: its last warning that is not only about the whole object having failed.
  const std::string& last() const { return last_; }

 private:
  friend struct WarningSink;
  std::string last_;
};

}  // namespace skep::object
