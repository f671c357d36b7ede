// One side of a comparison: someone who answers bpf(2), ours or the running kernel, and the map it is asked about. A
// question is a line of text, and so is the answer (README.md has the language).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sys/testing.h"

namespace skep::maps {

using Words = std::map<std::string, std::string, std::less<>>;  // NAME=VALUE of a line

class Session {
 public:
  explicit Session(sys::Asker asker);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Does what the line says and tells what came of it: an errno's name or 0, and what was read.
  std::string run(std::string_view line);
  // Calls of bpf(2) so far.
  u64 calls() const { return calls_; }

 private:
  using Buffer = std::vector<u8>;

  std::string create(const Words& words);
  std::string update(const Words& words);
  std::string lookup(const Words& words, u32 command);
  std::string erase(const Words& words);
  std::string next(const Words& words);
  std::string dump();
  std::string freeze();
  std::string read_batch(const Words& words, u32 command);
  std::string write_batch(const Words& words, u32 command);

  long elem(u32 command, u64 key, u64 value, u64 flags);
  // The address that a line's k= or v= means, with its bytes in `buffer`; none of it: null, "bad": one that faults.
  u64 key_address(const Words& words, Buffer& buffer) const;
  u64 value_address(const Words& words, Buffer& buffer) const;
  Buffer key_bytes(std::string_view text) const;
  Buffer value_bytes(std::string_view text) const;
  std::string key_text(const u8* bytes) const;
  std::string value_text(const u8* bytes) const;
  u64 user_value_size() const;
  bool is(u32 type) const { return type_ == type; }
  // Linux's own order of keys: by hash, so it says nothing.
  bool has_order() const;

  sys::Asker asker_;
  u32 cpus_;
  int fd_ = -1;
  int inner_[3] = {-1, -1, -1};  // maps that may become elements: two alike, one not
  u32 inner_id_[3] = {};
  int btf_ = -1;
  u32 type_ = 0, key_size_ = 0, value_size_ = 0;
  Buffer out_batch_;
  u64 calls_ = 0;
};

}  // namespace skep::maps
