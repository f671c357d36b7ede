// See bytes.h.
#include "bytes.h"

#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace skep::runs {
namespace {

constexpr size_t kRun = 6;  // bytes alike that are worth an asterisk

u64 number(std::string_view text) { return std::strtoull(std::string(text).c_str(), nullptr, 0); }

// Calls f with each part between the separators.
template <typename F>
void split(std::string_view text, char separator, F&& f) {
  while (!text.empty()) {
    const size_t end = text.find(separator);
    f(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
}

std::vector<u8> parse_words(std::string_view text) {
  std::vector<u8> bytes;
  split(text, ',', [&](std::string_view part) {
    const size_t colon = part.find(':');
    if (colon == part.npos) {
      bytes.resize(number(part));
      return;
    }
    const u32 value = u32(number(part.substr(colon + 1)));
    std::memcpy(bytes.data() + number(part.substr(0, colon)), &value, sizeof(value));
  });
  return bytes;
}

}  // namespace

std::vector<u8> parse_bytes(std::string_view text) {
  if (!text.empty() && text[0] == '#') return parse_words(text.substr(1));
  std::vector<u8> bytes;
  split(text, '+', [&](std::string_view part) {
    const size_t star = part.find('*');
    const u64 times = star == part.npos ? 1 : number(part.substr(star + 1));
    const std::string_view digits = part.substr(0, star);
    for (u64 n = 0; n < times; ++n)
      for (size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes.push_back(u8(std::strtoul(std::string(digits.substr(i, 2)).c_str(), nullptr, 16)));
  });
  return bytes;
}

std::string hex(const std::vector<u8>& bytes) {
  std::string out;
  bool after_run = false;
  for (size_t i = 0; i < bytes.size();) {
    size_t end = i;
    while (end < bytes.size() && bytes[end] == bytes[i]) ++end;
    const bool run = end - i >= kRun;
    if (!out.empty() && (run || after_run)) out += '+';
    out += fmt::format("{:02x}", bytes[i]);
    if (run) out += fmt::format("*{}", end - i);
    after_run = run;
    i = run ? end : i + 1;
  }
  return out;
}

std::string words(const std::vector<u8>& bytes) {
  std::string out = fmt::format("#{}", bytes.size());
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    u32 value;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    if (value) out += fmt::format(",{}:{:#x}", at, value);
  }
  return out;
}

}  // namespace skep::runs
