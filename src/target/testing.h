// For this room's tests: the recordings of the reference kernel in data/, as rows of cells.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "target/prog_column.h"
#include "target/target.h"

namespace skep::target {

inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// The rows of data/NAME without its header line.
inline std::vector<std::vector<std::string>> recording(const std::string& name) {
  std::ifstream in(std::string(SKEP_TARGET_DATA) + "/" + name);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) rows.push_back(split(line, '\t'));
  return rows;
}

// The program that was measured as column `name`.
inline ProgKind kind_of(const std::string& name) {
  for (const ProgColumn& column : kProgColumns) {
    if (name != column.name) continue;
    ProgKind kind{.prog_type = column.prog_type, .attach_type = 0};
    if (column.attach_type != kAnyAttachType) kind.attach_type = column.attach_type;
    if (column.prog_type == BPF_PROG_TYPE_STRUCT_OPS) kind.attach_name = "tcp_congestion_ops";
    kind.sleepable = column.prog_type == BPF_PROG_TYPE_SYSCALL;
    return kind;
  }
  return {};
}

}  // namespace skep::target
