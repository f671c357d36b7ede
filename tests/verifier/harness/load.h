// Loading a case through somebody's bpf(2): its types, its maps, its program.
#pragma once

#include "ask.h"
#include "sys/testing.h"
#include "types.h"

namespace skep::cases {

// Descriptors made for a case.
struct Made {
  std::vector<int> fds;
  ~Made() {
    for (int fd : fds) ::close(fd);
  }
};

// Loads programs through one asker and keeps what it made for them until it dies.
class Loader {
 public:
  struct Loaded {
    int fd = -1;  // -1: rejected
    Answer answer;
    CaseTypes types;
    std::vector<int> maps;  // descriptors, in the order of the case
  };

  Loader(const sys::Asker& asker, bool drop_caps) : asker_(asker), drop_caps_(drop_caps) {}
  Result<Loaded> load(const Question& q);

 private:
  Result<std::vector<int>> make_maps(const Case& c, int btf_fd, const CaseTypes& types);
  Result<std::vector<int>> fd_array(const Case& c, const std::vector<int>& maps, int btf_fd, const CaseTypes& types);
  Status attach(const Question& q, sys::ProgLoadAttr& attr);
  long ask(const Case& c, const sys::ProgLoadAttr& attr) const;

  const sys::Asker& asker_;
  bool drop_caps_;
  Made made_;
};

}  // namespace skep::cases
