// Where BPF objects lie in files, and what is said of files without any.
#include "object/elf_scan.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace skep::object {
namespace {

constexpr u16 kBpf = 247;

// A BPF object with one empty section after `padding` bytes.
std::vector<u8> object_with(u64 padding) {
  std::vector<u8> bytes(sizeof(Elf64_Ehdr) + padding + 2 * sizeof(Elf64_Shdr));
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_REL;
  header.e_machine = kBpf;
  header.e_shoff = sizeof(header) + padding;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 2;
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

void set_section(std::vector<u8>& bytes, u32 type, u64 offset, u64 size) {
  Elf64_Shdr section{};
  section.sh_type = type;
  section.sh_offset = offset;
  section.sh_size = size;
  std::memcpy(bytes.data() + bytes.size() - sizeof(section), &section, sizeof(section));
}

std::string why(const std::vector<u8>& bytes) { return find_bpf_objects(bytes).status().context(); }

TEST(ElfScan, WholeFile) {
  const auto found = find_bpf_objects(object_with(8));
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].offset, 0u);
}

TEST(ElfScan, InsideAnExecutable) {
  const std::vector<u8> object = object_with(16);
  std::vector<u8> carrier = object_with(0);
  carrier[18] = EM_X86_64;
  const u64 first = carrier.size() + 3;
  carrier.resize(first);
  carrier.insert(carrier.end(), object.begin(), object.end());
  carrier.insert(carrier.end(), object.begin(), object.end());
  const auto found = find_bpf_objects(carrier);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].offset, first);
  EXPECT_EQ((*found)[0].size, object.size());
  EXPECT_EQ((*found)[1].offset, first + object.size());
}

TEST(ElfScan, SectionsOutsideTheFile) {
  for (const auto& [offset, size] : {std::pair<u64, u64>{~0ull, 1}, {0, ~0ull}, {1ull << 63, 1ull << 63}, {4096, 1}}) {
    auto bytes = object_with(0);
    set_section(bytes, SHT_PROGBITS, offset, size);
    EXPECT_EQ(why(bytes), "section 1 lies outside the file (is it cut off?)");
    set_section(bytes, SHT_NOBITS, offset, size);
    EXPECT_TRUE(find_bpf_objects(bytes).ok());
  }
}

TEST(ElfScan, EveryTruncationIsAnError) {
  const auto whole = object_with(32);
  for (size_t n = 0; n < whole.size(); ++n) {
    const auto found = find_bpf_objects(std::span(whole).first(n));
    EXPECT_FALSE(found.ok()) << n;
    EXPECT_EQ(found.error(), EINVAL);
  }
}

TEST(ElfScan, OtherFiles) {
  EXPECT_EQ(why({}), "not an ELF file");
  EXPECT_EQ(why({'#', '!', '/', 'b'}), "not an ELF file");
  auto bytes = object_with(0);
  bytes[18] = EM_X86_64;
  EXPECT_EQ(why(bytes), "neither a BPF object nor a program that carries one");
  bytes = object_with(0);
  bytes[16] = ET_EXEC;
  EXPECT_EQ(why(bytes), "not a relocatable 64-bit BPF object");
}

}  // namespace
}  // namespace skep::object
