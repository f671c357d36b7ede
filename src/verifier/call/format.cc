// Format strings of bpf_snprintf as the kernel reads them at load time (spec: helpers.md 7, "Format strings").
#include <cctype>

#include "verifier/call/helper_rules.h"

namespace skep::verifier {

namespace {

class FormatReader {
 public:
  FormatReader(std::string_view text, u32 nr_args) : text_(text), left_(nr_args) {}
  bool valid();

 private:
  char at(size_t k) const { return k < text_.size() ? text_[k] : '\0'; }
  char next() const { return at(pos_); }
  // A pointer or string conversion must stand free: what follows would extend it.
  static bool ends_conversion(char c) { return c == '\0' || std::isspace(u8(c)) || std::ispunct(u8(c)); }
  bool conversion();
  bool pointer();
  bool integer();
  bool literal_ok() const;

  std::string_view text_;
  size_t pos_ = 0;
  u32 left_;
};

// UTF-8 may stand in plain text.
bool FormatReader::literal_ok() const {
  u8 c = u8(text_[pos_]);
  return c >= 0x80 || std::isprint(c) || std::isspace(c);
}

bool FormatReader::pointer() {
  pos_++;
  std::string_view rest = text_.substr(pos_);
  if (rest.starts_with("ks") || rest.starts_with("us")) {
    pos_ += 2;
    return ends_conversion(next());
  }
  if (std::string_view("KxsSB").find(next()) != std::string_view::npos && next()) {
    pos_++;
    return true;
  }
  if (next() == 'i' || next() == 'I') {
    if (at(pos_ + 1) != '4' && at(pos_ + 1) != '6') return false;
    pos_ += 2;
    return true;
  }
  return ends_conversion(next());
}

bool FormatReader::integer() {
  if (next() == 'l') pos_++;
  if (next() == 'l') pos_++;
  if (!next() || std::string_view("iduxX").find(next()) == std::string_view::npos) return false;
  pos_++;
  return true;
}

// After '%': flags, width, conversion.
bool FormatReader::conversion() {
  if (next() == '%') {
    pos_++;
    return true;
  }
  if (left_ == 0) return false;
  left_--;
  while (next() && std::string_view("0+- ").find(next()) != std::string_view::npos) pos_++;
  if (next() >= '1' && next() <= '9')
    while (std::isdigit(u8(next()))) pos_++;
  if (next() == 'p') return pointer();
  if (next() == 's') {
    pos_++;
    return ends_conversion(next());
  }
  if (next() == 'c') {
    pos_++;
    return true;
  }
  return integer();
}

bool FormatReader::valid() {
  while (pos_ < text_.size()) {
    if (!literal_ok()) return false;
    if (text_[pos_++] == '%' && !conversion()) return false;
  }
  return true;
}

}  // namespace

bool format_is_valid(std::string_view format, u32 nr_args) { return FormatReader(format, nr_args).valid(); }

}  // namespace skep::verifier
