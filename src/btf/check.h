// What the passes of BTF_LOAD share: the log in the kernel's form, and names in a blob that is not known to be good
// yet. Private to btf/.
#pragma once

#include <string>
#include <string_view>

#include "btf/btf.h"
#include "btf/layout.h"
#include "btf/validate.h"

namespace skep::btf {

// The string section, each string ends inside (its last byte is zero).
struct Strings {
  std::string_view section;

  bool valid(u32 offset) const { return offset < section.size(); }
  std::string_view at(u32 offset) const { return valid(offset) ? section.data() + offset : std::string_view(); }
  // As messages show a name.
  std::string_view shown(u32 offset) const {
    if (!offset) return "(anon)";
    return valid(offset) ? at(offset) : "(invalid-name-offset)";
  }
};

// A C identifier, dots allowed; at most 512 bytes.
bool is_identifier(std::string_view name);
// The name of a section: printable, not empty, at most 512 bytes.
bool is_section_name(std::string_view name);

// The log's line forms (spec 2.2). Each adds nothing when no log is wanted.
class Log {
 public:
  Log(const LogSink& sink, const Strings& strings) : sink_(sink), strings_(strings) {}

  bool wanted() const { return sink_.write != nullptr; }
  void text(std::string_view text) const {
    if (wanted()) sink_.write(sink_.cookie, text);
  }
  // "[id] KIND name details text\n"; basic_line without details. `t` has all its trailing data (basic: need not).
  void type_line(u32 id, const Type* t, std::string_view text = {}) const;
  void basic_line(u32 id, const Type* t, std::string_view text) const;
  // "\tname type_id=...", "\tname val=...", "\t type_id=..."
  void member_line(const Type* struct_type, const Member& m, std::string_view text = {}) const;
  void enum_line(const Type* t, const EnumValue& v) const;
  void enum64_line(const Type* t, const Enum64Value& v) const;
  void secinfo_line(const VarSecinfo& v, std::string_view text = {}) const;

 private:
  std::string details(const Type* t) const;
  std::string prototype(const Type* t) const;

  const LogSink& sink_;
  const Strings& strings_;
};

// Pass 1 of one type: `left` bytes from `t` to the end of the section, of which at least the 12 common ones are there.
// Returns the type's whole size in `size`, or a positive errno.
int check_type(const Log& log, const Strings& strings, const Type* t, u32 id, u32 left, u32& size);

// Pass 2: every type that names others leads to something with the properties it needs. 0 or errno.
int resolve_types(const Log& log, const Btf& btf, const Strings& strings);

// An INT without offset whose bits are a whole machine integer.
inline bool is_regular_int(u32 int_data) {
  u32 bits = int_data & 0xff, offset = int_data >> 16 & 0xff;
  return offset == 0 && (bits == 8 || bits == 16 || bits == 32 || bits == 64 || bits == 128);
}

inline constexpr u32 round_up_bytes(u64 bits) { return u32((bits + 7) / 8); }

}  // namespace skep::btf
