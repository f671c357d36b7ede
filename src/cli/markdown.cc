// See markdown.h.
#include "cli/markdown.h"

#include <algorithm>
#include <vector>

namespace skep::cli {
namespace {

constexpr std::string_view kBold = "\33[1m", kCyan = "\33[36m", kGrey = "\33[2m", kReset = "\33[0m";

std::string painted(std::string_view text, std::string_view paint, bool colour) {
  if (!colour) return std::string(text);
  return std::string(paint) + std::string(text) + std::string(kReset);
}

// "[text](address)" at the start of `text`, as it is shown; the length of what was read, 0 if there is none.
size_t read_link(std::string_view text, std::string& shown) {
  const size_t middle = text.find("](");
  const size_t end = text.find(')', middle == text.npos ? text.size() : middle);
  if (middle == text.npos || end == text.npos) return 0;
  const std::string_view words = text.substr(1, middle - 1);
  const std::string_view address = text.substr(middle + 2, end - middle - 2);
  shown = std::string(words);
  if (address.starts_with("http")) shown += " <" + std::string(address) + ">";
  return end + 1;
}

// Words of a paragraph; what stands between backticks is one word if it has no blank, and keeps its backticks.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_code = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`') in_code = !in_code;
    std::string link;
    const size_t length = text[i] == '[' && !in_code ? read_link(text.substr(i), link) : 0;
    if (length != 0) {
      word += link;
      i += length - 1;
    } else if (text[i] == ' ') {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += text[i];
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// Columns that a word takes: bytes of UTF-8 that begin a character.
size_t columns(std::string_view text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

class Renderer {
 public:
  Renderer(size_t width, bool colour) : width_(width), colour_(colour) {}

  void line(std::string_view line) {
    if (line.starts_with("```")) {
      flush();
      in_code_ = !in_code_;
      if (in_code_) between();
    } else if (in_code_) {
      out_ += line.empty() ? "\n" : "    " + painted(line, kCyan, colour_) + "\n";
    } else if (line.starts_with("#")) {
      flush();
      between();
      out_ += painted(line.substr(std::min(line.find_first_not_of("# "), line.size())), kBold, colour_) + "\n";
    } else if (line.empty() || line.starts_with("<!--")) {
      flush();
    } else if (line.starts_with("- ")) {
      if (!is_item_) between_blocks();
      flush();
      is_item_ = true;
      paragraph_ = line.substr(2);
    } else {
      if (paragraph_.empty()) between();
      paragraph_ += (paragraph_.empty() ? "" : " ") + std::string(line.substr(line.find_first_not_of(' ')));
    }
  }
  std::string take() {
    flush();
    return std::move(out_);
  }

 private:
  void between() {
    if (!out_.empty()) out_ += '\n';
  }
  void between_blocks() {
    flush();
    between();
  }
  // The paragraph or list item that has been collected, wrapped.
  void flush() {
    if (paragraph_.empty()) return;
    const std::string indent = is_item_ ? "    " : "  ";
    std::string row = is_item_ ? "  * " : indent;
    size_t used = row.size();
    bool first = true;
    for (const std::string& word : words_of(paragraph_)) {
      if (!first && used + 1 + columns(word) > width_) {
        out_ += row + "\n";
        row = indent;
        used = indent.size();
        first = true;
      }
      row += first ? word : " " + word;
      used += columns(word) + (first ? 0 : 1);
      first = false;
    }
    out_ += row + "\n";
    paragraph_.clear();
    is_item_ = false;
  }

  size_t width_;
  bool colour_, in_code_ = false, is_item_ = false;
  std::string paragraph_, out_;
};

}  // namespace

std::string render_markdown(std::string_view markdown, size_t width, bool colour) {
  Renderer renderer(width, colour);
  while (!markdown.empty()) {
    const size_t end = std::min(markdown.find('\n'), markdown.size());
    renderer.line(markdown.substr(0, end));
    markdown.remove_prefix(std::min(end + 1, markdown.size()));
  }
  return renderer.take();
}

}  // namespace skep::cli
