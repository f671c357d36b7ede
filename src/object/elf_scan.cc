// See elf_scan.h. Headers are hostile input: everything is copied out and bounded before it is used.
#include "object/elf_scan.h"

#include <elf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#ifndef EM_BPF
#define EM_BPF 247
#endif

namespace skep::object {
namespace {

constexpr u8 kMagic[] = {0x7f, 'E', 'L', 'F'};
constexpr u64 kMaxSections = 65536;

template <typename T>
std::optional<T> read_at(std::span<const u8> bytes, u64 offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// [offset, offset + size) lies inside `total` bytes.
bool inside(u64 offset, u64 size, u64 total) { return offset <= total && size <= total - offset; }

// The size of the BPF object that starts `bytes`, by its section headers; an error says what is wrong with it.
Result<u64> object_size(std::span<const u8> bytes) {
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (!header) return error_status(EINVAL, "the ELF header is cut off");
  if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff == 0)
    return error_status(EINVAL, "it has no section headers");
  const auto first = read_at<Elf64_Shdr>(bytes, header->e_shoff);
  if (!first) return error_status(EINVAL, "the section headers lie outside the file (is it cut off?)");
  const u64 count = header->e_shnum ? header->e_shnum : first->sh_size;
  if (count == 0 || count > kMaxSections || !inside(header->e_shoff, count * sizeof(Elf64_Shdr), bytes.size())) {
    return error_status(EINVAL, "the section headers lie outside the file (is it cut off?)");
  }
  u64 end = header->e_shoff + count * sizeof(Elf64_Shdr);
  for (u64 i = 0; i < count; ++i) {
    const auto section = *read_at<Elf64_Shdr>(bytes, header->e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) continue;
    if (!inside(section.sh_offset, section.sh_size, bytes.size())) {
      return error_status(EINVAL, fmt::format("section {} lies outside the file (is it cut off?)", i));
    }
    end = std::max(end, section.sh_offset + section.sh_size);
  }
  return end;
}

bool starts_bpf_object(std::span<const u8> bytes) {
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  return header && std::memcmp(header->e_ident, kMagic, sizeof(kMagic)) == 0 &&
         header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
         header->e_machine == EM_BPF && header->e_type == ET_REL;
}

// Looks behind every magic number after the file's own.
std::vector<Extent> embedded_objects(std::span<const u8> file) {
  std::vector<Extent> found;
  for (auto at = file.begin() + 1;;) {
    at = std::search(at, file.end(), std::begin(kMagic), std::end(kMagic));
    if (at == file.end()) return found;
    const auto rest = file.subspan(u64(at - file.begin()));
    const auto size = starts_bpf_object(rest) ? object_size(rest) : Result<u64>(error_status(EINVAL));
    if (size.ok()) found.push_back({u64(at - file.begin()), *size});
    at += size.ok() ? std::ptrdiff_t(*size) : 1;
  }
}

}  // namespace

Result<std::vector<Extent>> find_bpf_objects(std::span<const u8> file) {
  if (file.size() < sizeof(kMagic) || std::memcmp(file.data(), kMagic, sizeof(kMagic)) != 0) {
    return error_status(EINVAL, "not an ELF file");
  }
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  if (!header) return error_status(EINVAL, "the ELF header is cut off");
  if (header->e_ident[EI_DATA] == ELFDATA2MSB && header->e_machine == u16(EM_BPF << 8)) {
    return error_status(EINVAL, "a big-endian BPF object (compile it with --target=bpfel)");
  }
  if (starts_bpf_object(file)) {
    auto size = object_size(file);
    if (!size.ok()) return size.status();
    return std::vector<Extent>{{0, file.size()}};
  }
  if (header->e_machine == EM_BPF) return error_status(EINVAL, "not a relocatable 64-bit BPF object");
  auto found = embedded_objects(file);
  if (found.empty()) return error_status(EINVAL, "neither a BPF object nor a program that carries one");
  return found;
}

}  // namespace skep::object
