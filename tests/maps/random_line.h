// Random questions to a map, in the language of the scripts.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "base/types.h"

namespace skep::maps {

class RandomLines {
 public:
  explicit RandomLines(u64 seed) : random_(seed) {}

  // A new map of any type, small enough to be full often.
  std::string map();
  // A question to that map.
  std::string question();

  struct Shape;

 private:
  u32 below(u32 n) { return u32(random_() % n); }
  template <typename T>
  const T& one_of(const std::vector<T>& from) {
    return from[below(u32(from.size()))];
  }
  std::string key();
  std::string value();
  std::string update_flags();
  std::string other_flags();
  std::string batch();

  std::mt19937_64 random_;
  const Shape* shape_ = nullptr;
  u32 max_ = 1;  // of the map at hand
  u32 key_size_ = 4, value_size_ = 4;
  bool fills_up_ = true;
};

}  // namespace skep::maps
