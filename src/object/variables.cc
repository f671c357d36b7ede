// See variables.h. An object is relocatable: its debug sections refer to each other and to code through relocations,
// which are applied first, with the sections of code at addresses of their own. libdw then reads what it takes for a
// linked file.
#include "object/variables.h"

#if SKEP_HAVE_LIBDW

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <cstring>
#include <optional>
#include <string_view>

namespace skep::object {
namespace {

constexpr u64 kSectionBytes = u64{1} << 32;  // of address space for each
constexpr u64 kInsnBytes = 8;

// Bytes that a relocation of data changes, by the number that LLVM gives its kind; 0: another kind.
size_t bytes_of(u32 kind) {
  switch (kind) {
    case 1 /* 64_64, before LLVM 13 */:
    case 2 /* 64_ABS64 */: return 8;
    case 3 /* 64_ABS32 */:
    case 4 /* 64_NODYLD32 */:
    case 10 /* 64_32, before LLVM 13 */: return 4;
    default: return 0;
  }
}

bool has(const std::vector<u8>& file, u64 offset, u64 size) {
  return offset <= file.size() && size <= file.size() - offset;
}

// Some part of the file as a table; empty if it is not all there.
template <typename T>
std::vector<T> table_at(const std::vector<u8>& file, u64 offset, u64 size) {
  std::vector<T> table(has(file, offset, size) ? size / sizeof(T) : 0);
  if (!table.empty()) std::memcpy(table.data(), file.data() + offset, table.size() * sizeof(T));
  return table;
}

class Relocator {
 public:
  explicit Relocator(std::vector<u8>& file) : file_(file) {}
  // False: the file is not what libbpf would open.
  bool run();

 private:
  void apply(const Elf64_Shdr& table);
  bool is_debug(const Elf64_Shdr& section) const;

  std::vector<u8>& file_;
  std::vector<Elf64_Shdr> sections_;
  Elf64_Shdr names_{};
};

bool Relocator::run() {
  const auto head = table_at<Elf64_Ehdr>(file_, 0, sizeof(Elf64_Ehdr));
  if (head.empty() || head[0].e_ident[EI_DATA] != ELFDATA2LSB || head[0].e_ident[EI_CLASS] != ELFCLASS64) return false;
  sections_ = table_at<Elf64_Shdr>(file_, head[0].e_shoff, u64(head[0].e_shnum) * sizeof(Elf64_Shdr));
  if (head[0].e_shstrndx >= sections_.size()) return false;
  names_ = sections_[head[0].e_shstrndx];
  for (const Elf64_Shdr& section : sections_)
    if (section.sh_type == SHT_REL && section.sh_info < sections_.size() && is_debug(sections_[section.sh_info]))
      apply(section);
  return true;
}

bool Relocator::is_debug(const Elf64_Shdr& section) const {
  constexpr std::string_view kDebug = ".debug_";
  if (section.sh_name >= names_.sh_size || names_.sh_size - section.sh_name < kDebug.size()) return false;
  const auto name = table_at<char>(file_, names_.sh_offset + section.sh_name, kDebug.size());
  return std::string_view(name.data(), name.size()) == kDebug;
}

void Relocator::apply(const Elf64_Shdr& table) {
  const Elf64_Shdr& target = sections_[table.sh_info];
  if (table.sh_link >= sections_.size() || target.sh_flags & SHF_COMPRESSED) return;
  if (!has(file_, target.sh_offset, target.sh_size)) return;
  const Elf64_Shdr& names = sections_[table.sh_link];
  const auto symbols = table_at<Elf64_Sym>(file_, names.sh_offset, names.sh_size);
  for (const Elf64_Rel& entry : table_at<Elf64_Rel>(file_, table.sh_offset, table.sh_size)) {
    const size_t bytes = bytes_of(u32(ELF64_R_TYPE(entry.r_info)));
    const u64 nr = ELF64_R_SYM(entry.r_info);
    if (!bytes || nr >= symbols.size() || target.sh_size < bytes || entry.r_offset > target.sh_size - bytes) continue;
    u8* const place = file_.data() + target.sh_offset + entry.r_offset;
    u64 value = 0;
    std::memcpy(&value, place, bytes);
    value += symbols[nr].st_value + (bytes == sizeof(value) ? symbols[nr].st_shndx * kSectionBytes : 0);
    std::memcpy(place, &value, bytes);
  }
}

// --- what libdw says ------------------------------------------------------------------------------------------------

struct Where {
  int reg = -1;
  s32 off = 0;
  bool derived = false;
};

// Of operations that name one place, or compute a value from one register.
std::optional<Where> where_of(const Dwarf_Op* ops, size_t count) {
  constexpr int kFramePointer = 10;
  if (count == 1) {
    const u8 op = ops[0].atom;
    if (op >= DW_OP_reg0 && op <= DW_OP_reg0 + kFramePointer) return Where{op - DW_OP_reg0, 0, false};
    if (op == DW_OP_fbreg || op == DW_OP_breg0 + kFramePointer) return Where{-1, s32(ops[0].number), false};
    return std::nullopt;
  }
  if (!count || ops[count - 1].atom != DW_OP_stack_value) return std::nullopt;
  int reg = -1;
  for (size_t i = 0; i < count; ++i) {
    const u8 op = ops[i].atom;
    if (op == DW_OP_deref || op == DW_OP_deref_size || op == DW_OP_fbreg) return std::nullopt;
    if (op < DW_OP_breg0 || op > DW_OP_breg0 + kFramePointer) continue;
    if (reg >= 0 || op == DW_OP_breg0 + kFramePointer) return std::nullopt;
    reg = op - DW_OP_breg0;
  }
  if (reg < 0) return std::nullopt;
  return Where{reg, 0, count > 2 || ops[0].number != 0};
}

struct Extent {
  u64 begin, end;
};

std::vector<Extent> extents_of(Dwarf_Die* die) {
  std::vector<Extent> extents;
  Dwarf_Addr base = 0, begin = 0, end = 0;
  for (ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0;) extents.push_back({begin, end});
  return extents;
}

class Reader {
 public:
  explicit Reader(diag::Variables& out) : out_(out) {}
  void read_unit(Dwarf_Die* unit);

 private:
  void read_function(Dwarf_Die* die);
  void read_children(Dwarf_Die* scope, const std::vector<Extent>& extents);
  void read_variable(Dwarf_Die* die, const std::vector<Extent>& extents);
  void add(const std::string& name, const Where& where, Extent extent);

  diag::Variables& out_;
  std::vector<diag::VariableRange>* ranges_ = nullptr;  // of the present function
  Extent function_{};
};

void Reader::read_unit(Dwarf_Die* unit) {
  Dwarf_Die die;
  if (dwarf_child(unit, &die) != 0) return;
  do {
    if (dwarf_tag(&die) == DW_TAG_subprogram) read_function(&die);
  } while (dwarf_siblingof(&die, &die) == 0);
}

void Reader::read_function(Dwarf_Die* die) {
  const char* name = dwarf_diename(die);
  const std::vector<Extent> extents = extents_of(die);
  if (!name || extents.size() != 1) return;
  const auto [place, is_new] = out_.functions.try_emplace(name);
  ranges_ = &place->second;
  function_ = extents[0];
  if (is_new)
    read_children(die, extents);
  else
    ranges_->clear();  // two functions of this name: nobody knows which is meant
}

// Of blocks and inlined functions, too.
void Reader::read_children(Dwarf_Die* scope, const std::vector<Extent>& extents) {
  Dwarf_Die die;
  if (dwarf_child(scope, &die) != 0) return;
  do {
    switch (dwarf_tag(&die)) {
      case DW_TAG_variable:
      case DW_TAG_formal_parameter: read_variable(&die, extents); break;
      case DW_TAG_lexical_block:
      case DW_TAG_inlined_subroutine: read_children(&die, extents_of(&die)); break;
      default: break;
    }
  } while (dwarf_siblingof(&die, &die) == 0);
}

void Reader::read_variable(Dwarf_Die* die, const std::vector<Extent>& extents) {
  const char* name = dwarf_diename(die);
  Dwarf_Attribute attribute;
  if (!name || !dwarf_attr_integrate(die, DW_AT_location, &attribute)) return;
  Dwarf_Addr base = 0, begin = 0, end = 0;
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  for (ptrdiff_t at = 0; (at = dwarf_getlocations(&attribute, at, &base, &begin, &end, &ops, &count)) > 0;) {
    const auto where = where_of(ops, count);
    if (!where) continue;
    const bool everywhere = begin == 0 && end == ~Dwarf_Addr{0};
    if (!everywhere) add(name, *where, {begin, end});
    for (size_t i = 0; everywhere && i < extents.size(); ++i) add(name, *where, extents[i]);
  }
}

void Reader::add(const std::string& name, const Where& where, Extent extent) {
  if (extent.begin < function_.begin || extent.end > function_.end || extent.begin >= extent.end) return;
  ranges_->push_back({.begin = u32((extent.begin - function_.begin) / kInsnBytes),
                      .end = u32((extent.end - function_.begin) / kInsnBytes),
                      .reg = where.reg,
                      .off = where.off,
                      .derived = where.derived,
                      .name = name});
}

}  // namespace

std::shared_ptr<const diag::Variables> read_variables(const std::vector<u8>& object) {
  std::vector<u8> file = object;
  if (!Relocator(file).run()) return nullptr;
  elf_version(EV_CURRENT);
  Elf* const elf = elf_memory(reinterpret_cast<char*>(file.data()), file.size());
  Dwarf* const dwarf = elf ? dwarf_begin_elf(elf, DWARF_C_READ, nullptr) : nullptr;
  auto variables = std::make_shared<diag::Variables>();
  if (dwarf) {
    Reader reader(*variables);
    Dwarf_CU* unit = nullptr;
    Dwarf_Die die;
    while (dwarf_get_units(dwarf, unit, &unit, nullptr, nullptr, &die, nullptr) == 0) reader.read_unit(&die);
    dwarf_end(dwarf);
  }
  if (elf) elf_end(elf);
  return dwarf ? variables : nullptr;
}

}  // namespace skep::object

#else

namespace skep::object {

std::shared_ptr<const diag::Variables> read_variables(const std::vector<u8>&) { return nullptr; }

}  // namespace skep::object

#endif
