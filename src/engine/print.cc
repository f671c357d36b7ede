// See print.h. What is allowed: spec helpers.md, "Format strings"; what comes out: the kernel's
// Documentation/core-api/printk-formats.rst.
#include "engine/print.h"

#include <cctype>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "engine/memory.h"
#include "engine/run.h"

namespace skep::engine {
namespace {

constexpr u32 kArgBytes = 512;  // Linux: MAX_BPRINTF_BIN_ARGS, of all arguments' values together
constexpr u32 kWordChars = 64;  // more than any number or address takes

// Text that may be longer than its place.
struct Output {
  char* to;
  u64 size, length = 0;

  void put(char c) {
    if (length + 1 < size) to[length] = c;
    ++length;
  }
  void fill(char c, s64 count) {
    for (; count > 0; --count) put(c);
  }
  void end() {
    if (size != 0) to[length < size ? length : size - 1] = 0;
  }
};

struct Conversion {
  bool zero = false, plus = false, minus = false, space = false;
  s64 width = 0;
};

// What may follow a pointer or a string: anything else would be part of the conversion.
bool ends_conversion(char c) { return c == '\0' || std::isspace(u8(c)) || std::ispunct(u8(c)); }

class Printer {
 public:
  Printer(std::string_view format, std::span<const u64> args, Output& out, u64 secret)
      : text_(format), args_(args), out_(out), secret_(secret) {}
  int run();

 private:
  char at(size_t k) const { return k < text_.size() ? text_[k] : '\0'; }
  char next() const { return at(pos_); }
  bool accept(char c) {
    const bool is = next() == c;
    pos_ += is;
    return is;
  }
  int conversion();
  Conversion flags();
  int pointer(const Conversion& how, u64 arg);
  int number(const Conversion& how, u64 arg);
  void digits(const Conversion& how, char sign, u64 value, char kind);
  int string(const Conversion& how, u64 from);
  int ip(u64 from);
  int address(Conversion how, u64 value, char kind);
  int take(u32 bytes);
  void padded(const Conversion& how, std::string_view text);

  std::string_view text_;
  std::span<const u64> args_;
  Output& out_;
  u64 secret_;
  size_t pos_ = 0, next_arg_ = 0;
  u32 used_ = 0;  // of kArgBytes
};

// Room for the value of an argument, which the kernel keeps in words of 4 bytes.
int Printer::take(u32 bytes) {
  used_ = (used_ + 3) / 4 * 4;
  if (kArgBytes - used_ < bytes) return -ENOSPC;
  used_ += bytes;
  return 0;
}

void Printer::padded(const Conversion& how, std::string_view text) {
  const s64 missing = how.width - s64(text.size());
  if (!how.minus) out_.fill(' ', missing);
  for (const char c : text) out_.put(c);
  if (how.minus) out_.fill(' ', missing);
}

Conversion Printer::flags() {
  Conversion how;
  for (;; ++pos_) {
    switch (next()) {
      case '0': how.zero = true; continue;
      case '+': how.plus = true; continue;
      case '-': how.minus = true; continue;
      case ' ': how.space = true; continue;
      default: break;
    }
    break;
  }
  for (; std::isdigit(u8(next())); ++pos_) how.width = (how.width * 10 + (next() - '0')) % 65536;
  return how;
}

// %d %i %u %x %X after l and ll.
int Printer::number(const Conversion& how, u64 arg) {
  const bool is_long = accept('l');
  if (is_long) accept('l');
  const char kind = next();
  ++pos_;
  if (kind == '\0' || !std::strchr("diuxX", kind)) return -EINVAL;
  if (const int err = take(is_long ? 8 : 4)) return err;
  const bool is_signed = kind == 'd' || kind == 'i';
  u64 value = is_long ? arg : is_signed ? u64(s64(s32(arg))) : u64(u32(arg));
  const bool negative = is_signed && s64(value) < 0;
  if (negative) value = -value;
  const char sign = negative ? '-' : is_signed && how.plus ? '+' : is_signed && how.space ? ' ' : '\0';
  digits(how, sign, value, kind);
  return 0;
}

// `kind`: 'x', 'X', or decimal.
void Printer::digits(const Conversion& how, char sign, u64 value, char kind) {
  char text[kWordChars];
  const auto end = kind == 'x'   ? fmt::format_to(text, "{:x}", value)
                   : kind == 'X' ? fmt::format_to(text, "{:X}", value)
                                 : fmt::format_to(text, "{}", value);
  const s64 missing = how.width - (end - text) - (sign ? 1 : 0);
  const bool zeros = how.zero && !how.minus;
  if (!zeros && !how.minus) out_.fill(' ', missing);
  if (sign) out_.put(sign);
  if (zeros) out_.fill('0', missing);
  for (const char* c = text; c < end; ++c) out_.put(*c);
  if (how.minus) out_.fill(' ', missing);
}

// A string whose memory may not be there reads as empty.
int Printer::string(const Conversion& how, u64 from) {
  if (used_ == kArgBytes) return -ENOSPC;
  char text[kArgBytes];
  s64 length = read_string(text, from, kArgBytes - used_) - 1;
  if (length < 0) length = 0;
  used_ += u32(length) + 1;
  padded(how, {text, size_t(length)});
  return 0;
}

// %pi4 %pI4 %pi6 %pI6, whatever the width: i without separators or with leading zeros. What the kernel has no room for
// is left out.
int Printer::ip(u64 from) {
  const bool plain = at(pos_) == 'i';
  const char version = at(pos_ + 1);
  pos_ += 2;
  if (version != '4' && version != '6') return -EINVAL;
  u8 bytes[16] = {};
  if (!probe_read(bytes, from, version == '4' ? 4 : 16)) std::memset(bytes, 0, sizeof(bytes));
  char text[kWordChars];
  char* end = text;
  if (version == '4') {
    const u8* b = bytes;
    end = plain ? fmt::format_to(text, "{:03}.{:03}.{:03}.{:03}", b[0], b[1], b[2], b[3])
                : fmt::format_to(text, "{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
  } else {
    for (u32 i = 0; i < 16; i += 2)
      end = fmt::format_to(end, "{}{:02x}{:02x}", i && !plain ? ":" : "", bytes[i], bytes[i + 1]);
  }
  const u32 length = u32(end - text);
  const bool fits = length < kArgBytes - used_;
  if (fits) padded({}, {text, length});
  used_ = fits ? used_ + length + 1 : kArgBytes;
  return 0;
}

// %p %pK: mixed up, but for NULL and errno values; %px: as it is; %ps %pS %pB: we have no symbols.
int Printer::address(Conversion how, u64 value, char kind) {
  if (const int err = take(8)) return err;
  if (kind == 's' || kind == 'S' || kind == 'B') {
    char text[kWordChars];
    char* const end = fmt::format_to(text, "{:#x}", value);
    padded(how, {text, size_t(end - text)});
    return 0;
  }
  const bool hidden = kind != 'x' && value != 0 && value < u64(-4095);
  if (hidden) value = u32((value ^ secret_) * 0x9e3779b97f4a7c15 >> 32);
  if (how.width == 0) {
    how.width = 16;
    how.zero = true;
  }
  digits(how, '\0', value, 'x');
  return 0;
}

int Printer::pointer(const Conversion& how, u64 arg) {
  const char kind = next(), after = at(pos_ + 1);
  int err = 0;
  if ((kind == 'k' || kind == 'u') && after == 's') {
    pos_ += 2;
    err = ends_conversion(next()) ? string({}, arg) : -EINVAL;
  } else if (kind == 'i' || kind == 'I') {
    err = ip(arg);
  } else if (kind != '\0' && std::strchr("KxsSB", kind)) {
    ++pos_;
    err = address(how, arg, kind);
  } else {
    err = ends_conversion(kind) ? address(how, arg, 'p') : -EINVAL;
  }
  while (std::isalnum(u8(next()))) ++pos_;  // the kernel takes them for part of the conversion
  return err;
}

int Printer::conversion() {
  if (accept('%')) {
    out_.put('%');
    return 0;
  }
  if (next_arg_ == args_.size()) return -EINVAL;
  const u64 arg = args_[next_arg_++];
  const Conversion how = flags();
  if (accept('p')) return pointer(how, arg);
  if (accept('s')) return ends_conversion(next()) ? string(how, arg) : -EINVAL;
  if (!accept('c')) return number(how, arg);
  const char c = char(arg);
  padded(how, {&c, 1});
  return used_++ < kArgBytes ? 0 : -ENOSPC;
}

int Printer::run() {
  while (pos_ < text_.size()) {
    const char c = text_[pos_++];
    if (u8(c) < 0x80 && !std::isprint(u8(c)) && !std::isspace(u8(c))) return -EINVAL;
    if (c != '%') {
      out_.put(c);
    } else if (const int err = conversion()) {
      return err;
    }
  }
  return 0;
}

}  // namespace

s64 print_text(std::string_view format, std::span<const u64> args, char* out, u64 size, u64 secret) {
  Output nowhere{nullptr, 0};
  const int err = Printer(format, args, nowhere, secret).run();  // a bad format leaves no trace
  if (err != 0) return err;
  Output output{out, size};
  Printer(format, args, output, secret).run();
  output.end();
  return s64(output.length);
}

bool format_in(u64 address, u64 size, std::string_view& format) {
  const auto* text = reinterpret_cast<const char*>(address);
  const void* end = std::memchr(text, 0, size);
  if (end == nullptr) return false;
  format = {text, size_t(static_cast<const char*>(end) - text)};
  return true;
}

}  // namespace skep::engine
