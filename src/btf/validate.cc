// BTF_LOAD: the header and its sections, then the two passes over the types (check_types.cc, check_resolve.cc), then
// the order of type tags.
#include "btf/validate.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>

#include "btf/check.h"

namespace skep::btf {
namespace {

constexpr u32 kMaxTypes = 0xfffff;  // void among them

class Loader {
 public:
  Loader(std::span<const u8> data, const LogSink& sink) : data_(data), log_(sink, strings_) {}

  Result<std::unique_ptr<Btf>> run();

 private:
  int fail(std::string_view text, int error = EINVAL) {
    log_.text(text);
    return error;
  }
  int check_header();
  int check_sections();
  int check_strings();
  void copy_data();
  void align_types();
  int check_types();
  void hide_types_after(u32 type_len);
  int check_type_tags(const Btf& btf);
  void log_header();

  std::span<const u8> data_;  // the caller's bytes, later our copy
  Header hdr_{};
  Strings strings_;
  Log log_;
  std::shared_ptr<u32[]> copy_;
};

Status load_error(int error) { return error_status(error, "BTF_LOAD"); }

Result<std::unique_ptr<Btf>> Loader::run() {
  copy_data();
  if (int e = check_header()) return load_error(e);
  align_types();
  if (int e = check_strings()) return load_error(e);
  if (int e = check_types()) return load_error(e);
  auto btf = Btf::parse(data_, copy_);
  SKEP_CHECK(btf.ok());  // pass 1 has walked the same types
  if (int e = resolve_types(log_, **btf, strings_)) return load_error(e);
  if (int e = check_type_tags(**btf)) return load_error(e);
  return btf;
}

int Loader::check_header() {
  if (data_.size() < kHeaderMinSize) return fail("hdr_len not found");
  u32 hdr_len;
  std::memcpy(&hdr_len, data_.data() + 4, sizeof(hdr_len));
  if (data_.size() < hdr_len) return fail("btf_header not found");
  for (size_t i = sizeof(Header); i < hdr_len; i++) {
    if (data_[i]) return fail("Unsupported btf_header", E2BIG);
  }
  hdr_ = read_header(data_);
  log_header();
  if (hdr_.magic != kMagic) return fail("Invalid magic");
  if (hdr_.version != kVersion) return fail("Unsupported version", kErrnoNotSupp);
  if (hdr_.flags) return fail("Unsupported flags", kErrnoNotSupp);
  if (data_.size() == hdr_.hdr_len) return fail("No data");
  return check_sections();
}

void Loader::log_header() {
  if (!log_.wanted()) return;
  log_.text(fmt::format("magic: 0x{:x}\nversion: {}\nflags: 0x{:x}\nhdr_len: {}\ntype_off: {}\ntype_len: {}\n",
                        hdr_.magic, hdr_.version, hdr_.flags, hdr_.hdr_len, hdr_.type_off, hdr_.type_len));
  log_.text(fmt::format("str_off: {}\nstr_len: {}\nbtf_total_size: {}\n", hdr_.str_off, hdr_.str_len, data_.size()));
}

// The sections must cover all that follows the header, without gap or overlap.
int Loader::check_sections() {
  struct Section {
    u32 off, len;
  };
  Section sections[] = {{hdr_.type_off, hdr_.type_len}, {hdr_.str_off, hdr_.str_len}};
  // By offset, then length; as the kernel, by the sign of the 32-bit difference: an offset beyond 2 GiB comes first.
  auto order = [](u32 a, u32 b) { return s32(a - b); };
  s32 by_offset = order(hdr_.type_off, hdr_.str_off), by_length = order(hdr_.type_len, hdr_.str_len);
  if (by_offset > 0 || (by_offset == 0 && by_length > 0)) std::swap(sections[0], sections[1]);
  u64 total = data_.size() - hdr_.hdr_len, end = 0;
  for (Section s : sections) {
    if (s.off > total) return fail("Invalid section offset");
    if (s.off > end) return fail("Unsupported section found");
    if (s.off < end) return fail("Section overlap found");
    if (s.len > total - end) return fail("Total section length too long");
    end += s.len;
  }
  return end != total ? fail("Unsupported section found") : 0;
}

// Everything is checked on our own copy: the caller's bytes may change under us.
void Loader::copy_data() {
  copy_.reset(new u32[data_.size() / 4 + 2]);
  std::memcpy(copy_.get(), data_.data(), data_.size());
  data_ = {reinterpret_cast<const u8*>(copy_.get()), data_.size()};
}

// Types are read in place. Only a strange hdr_len puts them off their alignment.
void Loader::align_types() {
  u32 shift = (0 - (hdr_.hdr_len + hdr_.type_off)) % alignof(Type);
  if (!shift) return;
  u8* bytes = reinterpret_cast<u8*>(copy_.get());
  std::memmove(bytes + shift, bytes, data_.size());
  data_ = {bytes + shift, data_.size()};
}

int Loader::check_strings() {
  u64 begin = u64(hdr_.hdr_len) + hdr_.str_off, end = begin + hdr_.str_len;
  if (end != data_.size()) return fail("String section is not at the end");
  if (!hdr_.str_len || hdr_.str_len - 1 > kMaxNameOffset || data_[end - 1]) return fail("Invalid string section");
  if (data_[begin]) return fail("Invalid string section");
  strings_.section = {reinterpret_cast<const char*>(data_.data()) + begin, hdr_.str_len};
  return 0;
}

int Loader::check_types() {
  if (hdr_.type_off % 4) return fail("Unaligned type_off");
  if (!hdr_.type_len) return fail("No type found");
  const u8* begin = data_.data() + hdr_.hdr_len + hdr_.type_off;
  u32 id = 1, kept_type_len = hdr_.type_len;
  for (u32 at = 0; at < hdr_.type_len; id++) {
    u32 left = hdr_.type_len - at, size = 0;
    if (left < sizeof(Type)) return fail(fmt::format("[{}] meta_left:{} meta_needed:{}", id, left, sizeof(Type)));
    if (int e = check_type(log_, strings_, reinterpret_cast<const Type*>(begin + at), id, left, size)) return e;
    if (id >= kMaxTypes) {
      if (id == kMaxTypes) kept_type_len = at;
      log_.text("Exceeded max num of types");
    }
    at += size;
  }
  hide_types_after(kept_type_len);
  return 0;
}

// The kernel says of each type beyond the limit that it is too many, and goes on without it: so does our copy.
void Loader::hide_types_after(u32 type_len) {
  if (type_len == hdr_.type_len) return;
  hdr_.type_len = type_len;
  std::memcpy(const_cast<u8*>(data_.data()) + offsetof(Header, type_len), &type_len, sizeof(type_len));
}

// TYPE_TAGs come first in a chain of modifiers, nearest to the pointer. As every modifier is looked at, a tag somewhere
// behind another modifier is found where it directly follows one. The live kernel takes chains of any length (its ELOOP
// was not seen), and so do we.
int Loader::check_type_tags(const Btf& btf) {
  for (u32 id = 1; id < btf.nr_types(); id++) {
    const Type* t = btf.type_by_id(id);
    if (!is_modifier(t) || t->kind() == Kind::TypeTag) continue;
    if (btf.type_by_id(t->type())->kind() == Kind::TypeTag) return fail("Type tags don't precede modifiers");
  }
  return 0;
}

}  // namespace

Result<std::unique_ptr<Btf>> load(std::span<const u8> data, const LogSink& log) { return Loader(data, log).run(); }

}  // namespace skep::btf
