// A file of cases: common headers, then sections, each a program and what running it gave.
//
//   ;; PROG syscall                       headers of all sections
//   ;; FLAGS sleepable
//   ## a short string                     a section, by its name
//   ;; CTX 1 0x20                         its context: words of 64 bits
//     r0 = 5
//     exit
//   ;= returns 5                          written by bless
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace skep::helper_cases {

struct Section {
  std::string name;
  std::vector<std::string> lines;    // with its headers, without results
  std::vector<std::string> results;  // without ";= "
  std::vector<u64> ctx;
  bool only_skep = false;  // ";; ONLY_SKEP": the running kernel is not asked
  bool same = false;       // ";; SAME": of this machine; nothing is recorded, both must agree
};

struct File {
  std::vector<std::string> head;  // the lines before the first section
  std::vector<Section> sections;
};

File parse_file(std::string_view text);
std::string to_text(const File& file);
// A case of the verifier's kind (tests/verifier): common headers and the section.
std::string case_text(const File& file, const Section& section);

// Bytes as they stand in a result: printable ASCII, \xNN for the rest, without zeros at the end.
std::string escaped(const std::vector<u8>& bytes);
// The reverse, for `data=` of a map: \n, \s (space), \xNN.
std::string unescaped(std::string_view text);

}  // namespace skep::helper_cases
