// See render_text.h.
#include "diag/render_text.h"

#include <algorithm>
#include <span>

namespace skep::diag {
namespace {

constexpr size_t kMaxEvents = 7;  // and the failure itself
constexpr u32 kMinWidth = 40;
constexpr u32 kTab = 4;

enum class Tone { Error, Note, Help, Frame };

class Writer {
 public:
  Writer(const Explanation& e, const TextStyle& style)
      : e_(e), style_(style), width_(std::max(style.width, kMinWidth)) {}
  std::string write();

 private:
  // A source line, or an instruction where there is none, with what is said about it.
  struct Mark {
    Span span;
    std::string text;
    bool primary;
  };
  struct Block {
    const Place* place;
    std::vector<Mark> marks;
    size_t folded_before = 0;
  };

  void choose_events();
  void make_blocks();
  void add_mark(const Place& place, std::string text, bool primary);
  void write_head();
  void write_blocks();
  void write_block(const Block& block);
  void write_marks(std::span<const Mark> marks, u32 begin, u32 end);
  void write_below(const Mark& mark, u32 column);
  void write_facts();
  void write_help();
  void write_fact(std::string_view name, std::string_view text);
  void write_place(std::string_view arrow, const Place& place);
  std::string toned(std::string_view text, Tone tone) const;
  std::string gutter(std::string_view number) const;

  const Explanation& e_;
  const TextStyle& style_;
  const u32 width_;
  std::vector<const Event*> events_;
  std::vector<size_t> folded_;  // events left out before each of events_
  size_t folded_at_end_ = 0;
  std::vector<Block> blocks_;
  u32 gutter_ = 2;
  u32 indent_ = 0;  // blanks that all source lines begin with
  std::string out_;
};

std::string Writer::toned(std::string_view text, Tone tone) const {
  if (!style_.colour) return std::string(text);
  const char* code = tone == Tone::Error ? "1;31" : tone == Tone::Note ? "36" : tone == Tone::Help ? "1;32" : "1;34";
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

std::string Writer::gutter(std::string_view number) const {
  return toned(fmt::format("{:>{}} |", number, gutter_), Tone::Frame);
}

bool same_line(const Place& a, const Place& b) {
  if (a.in_c != b.in_c) return false;
  return a.in_c ? a.line == b.line && a.file == b.file : a.insn == b.insn;
}

// Tabs as blanks, control characters made harmless; `span` moves along.
std::string shown_source(std::string_view source, Span& span) {
  std::string out;
  Span moved = {u32(~0u), 0};
  for (size_t i = 0; i <= source.size(); i++) {
    if (i == span.begin) moved.begin = u32(out.size());
    if (i == span.end) moved.end = u32(out.size());
    if (i == source.size()) break;
    const char c = source[i];
    if (c == '\t')
      out += std::string(kTab - out.size() % kTab, ' ');
    else
      out += (u8(c) < ' ' || c == 0x7f) ? '?' : c;
  }
  span = moved.begin == u32(~0u) ? Span{} : moved;
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// "24: r1 = *(u64 *)(r0 +0)": without the opcode that the log has.
std::string instruction_of(const Place& place) {
  std::string_view text = place.assembly;
  constexpr size_t kOpcode = sizeof("(79) ") - 1;
  if (text.size() > kOpcode && text[0] == '(' && text[kOpcode - 2] == ')') text.remove_prefix(kOpcode);
  return fmt::format("{}: {}", place.insn, text);
}

u32 indentation(std::string_view source) {
  Span none;
  const std::string shown = shown_source(source, none);
  return u32(std::min(shown.find_first_not_of(' '), shown.size()));
}

// --- which events are shown -----------------------------------------------------------------------------------------

// All of them if they are few; else the essential ones, the newest first.
void Writer::choose_events() {
  std::vector<bool> shown(e_.path.size(), true);
  if (!style_.verbose && e_.path.size() > kMaxEvents) {
    std::fill(shown.begin(), shown.end(), false);
    size_t room = kMaxEvents;
    for (const bool essential : {true, false}) {
      for (size_t i = e_.path.size(); i-- > 0 && room > 0;) {
        if (shown[i] || e_.path[i].essential != essential) continue;
        shown[i] = true;
        room--;
      }
    }
    if (!shown[0]) {  // where it all began is worth more than what is newest but one
      const size_t first = size_t(std::find(shown.begin(), shown.end(), true) - shown.begin());
      shown[first] = false;
      shown[0] = true;
    }
  }
  size_t left_out = 0;
  for (size_t i = 0; i < e_.path.size(); i++) {
    if (!shown[i]) {
      left_out++;
      continue;
    }
    events_.push_back(&e_.path[i]);
    folded_.push_back(left_out);
    left_out = 0;
  }
  folded_at_end_ = left_out;
}

void Writer::add_mark(const Place& place, std::string text, bool primary) {
  if (blocks_.empty() || !same_line(*blocks_.back().place, place)) blocks_.push_back({&place, {}, 0});
  blocks_.back().marks.push_back({place.span, std::move(text), primary});
}

void Writer::make_blocks() {
  for (size_t i = 0; i < events_.size(); i++) {
    const size_t before = blocks_.size();
    add_mark(events_[i]->place, fmt::format("({}) {}", i + 1, events_[i]->label), false);
    if (blocks_.size() > before) blocks_.back().folded_before = folded_[i];
  }
  const size_t before = blocks_.size();
  add_mark(e_.place, e_.label, true);
  if (blocks_.size() > before) blocks_.back().folded_before = folded_at_end_;
  indent_ = ~0u;
  for (const Block& block : blocks_) {
    if (block.place->in_c) gutter_ = std::max(gutter_, u32(std::to_string(block.place->line).size()));
    if (block.place->in_c) indent_ = std::min(indent_, indentation(block.place->source));
  }
  if (indent_ == ~0u) indent_ = 0;
}

// --- writing --------------------------------------------------------------------------------------------------------

void Writer::write_place(std::string_view arrow, const Place& place) {
  out_ += std::string(gutter_, ' ') + toned(arrow, Tone::Frame) + " ";
  if (!place.file.empty()) {
    const bool below = !style_.folder.empty() && place.file.starts_with(style_.folder);
    out_ += below ? place.file.substr(style_.folder.size()) : place.file;
    if (place.line) out_ += fmt::format(":{}", place.line);
    if (place.line && place.in_c && !place.span.empty()) out_ += fmt::format(":{}", place.span.begin + 1);
  } else if (place.insn >= 0) {
    out_ += fmt::format("instruction {}", place.insn);
  }
  if (!place.function.empty()) out_ += fmt::format(" in {}()", place.function);
  out_ += '\n';
}

void Writer::write_head() {
  const std::string code = fmt::format("error[{}]", e_.code());
  out_ += toned(code, Tone::Error) + ": " + wrapped(e_.title, width_, 2, u32(code.size()) + 2) + "\n";
  write_place("-->", e_.place);
}

// What is said about the columns [begin, end) of the line shown: beside them if it is one thing and fits, else below.
void Writer::write_marks(std::span<const Mark> marks, u32 begin, u32 end) {
  const bool primary = marks.back().primary;
  const Tone tone = primary ? Tone::Error : Tone::Note;
  const std::string line(std::max(end - begin, 1u), primary ? '^' : '-');
  out_ += gutter("") + " " + std::string(begin, ' ') + toned(line, tone);
  const u32 used = gutter_ + 3 + begin + u32(line.size()) + 1;
  const std::string& text = marks.front().text;
  if (marks.size() == 1 && used + text.size() <= width_) {
    out_ += text.empty() ? "\n" : " " + toned(text, tone) + "\n";
    return;
  }
  out_ += '\n';
  for (const Mark& mark : marks) write_below(mark, begin);
}

// As far left of the column as it takes to fit.
void Writer::write_below(const Mark& mark, u32 column) {
  const u32 left = gutter_ + 3;
  const u32 wanted = std::min<u32>(u32(mark.text.size()), width_ / 2);
  const u32 indent = std::min(column, width_ > left + wanted ? width_ - left - wanted : 0);
  constexpr u32 kLeastRoom = 20;
  const size_t room = width_ > left + indent ? width_ - left - indent : kLeastRoom;
  for (std::string_view rest = mark.text; !rest.empty();) {
    size_t cut = rest.size() <= room ? rest.size() : rest.rfind(' ', room);
    if (cut == std::string_view::npos || cut == 0) cut = std::min(rest.size(), room);
    out_ += gutter("") + " " + std::string(indent, ' ') +
            toned(rest.substr(0, cut), mark.primary ? Tone::Error : Tone::Note) + "\n";
    rest.remove_prefix(cut);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
  }
}

void Writer::write_block(const Block& block) {
  if (block.folded_before)
    out_ += toned(fmt::format("{:>{}} :", "", gutter_), Tone::Frame) +
            fmt::format(" {} more step{} (--explain-verbose shows all)\n", block.folded_before,
                        block.folded_before == 1 ? "" : "s");
  const Place& place = *block.place;
  Span none;
  std::string shown = place.in_c ? shown_source(place.source, none) : instruction_of(place);
  const u32 drop = place.in_c ? std::min(indent_, u32(shown.size())) : 0;
  const u32 room = width_ > gutter_ + 3 ? width_ - gutter_ - 3 : 20;
  shown.erase(0, drop);
  if (shown.size() > room) shown = shown.substr(0, room - 3) + "...";
  const std::string number = place.in_c ? std::to_string(place.line) : std::string();
  out_ += gutter(number) + " " + shown + "\n";
  for (size_t i = 0; i < block.marks.size(); i++) {
    Span span = place.in_c ? block.marks[i].span : Span{};
    if (place.in_c && span.empty()) span = whole_text(place.source);
    if (place.in_c) shown_source(place.source, span);
    u32 begin = span.begin > drop ? span.begin - drop : 0, end = span.end > drop ? span.end - drop : 0;
    if (span.empty()) begin = 0, end = u32(shown.size());
    begin = std::min(begin, u32(shown.size()));
    end = std::clamp(end, begin, u32(shown.size()));
    const size_t first = i;
    while (i + 1 < block.marks.size() && block.marks[i + 1].span == block.marks[first].span) i++;
    write_marks({block.marks.data() + first, i + 1 - first}, begin, end);
  }
}

void Writer::write_blocks() {
  if (e_.place.insn < 0) return;
  out_ += gutter("") + "\n";
  const Place* previous = nullptr;
  for (const Block& block : blocks_) {
    const bool elsewhere = previous ? previous->function != block.place->function || previous->file != block.place->file
                                    : block.place->function != e_.place.function || block.place->file != e_.place.file;
    if (elsewhere) write_place(":::", *block.place);
    write_block(block);
    previous = block.place;
  }
}

void Writer::write_fact(std::string_view name, std::string_view text) {
  if (text.empty()) return;
  const std::string head = fmt::format("{} = {}: ", std::string(gutter_, ' '), name);
  out_ += std::string(gutter_, ' ') + toned(fmt::format(" = {}:", name), Tone::Frame) + " " +
          wrapped(text, width_, u32(head.size()), u32(head.size())) + "\n";
}

void Writer::write_facts() {
  write_fact("required", e_.required);
  write_fact("known", e_.known_text);
  for (const std::string& note : e_.notes) write_fact("note", note);
  write_fact("witness", to_words(e_.witness));
  if (style_.verbose && e_.place.in_c && e_.place.insn >= 0) write_fact("instruction", instruction_of(e_.place));
  if (style_.verbose && e_.path_insns) write_fact("path", fmt::format("{} instructions", e_.path_insns));
  std::string_view rest = e_.kernel;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    write_fact("kernel", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const std::string& line : e_.noise) write_fact("noise", fmt::format("\"{}\" in the log is not why", line));
}

void Writer::write_help() {
  for (const std::string& help : e_.help) {
    out_ += toned("help", Tone::Help) + ": " + wrapped(help, width_, 6, 6) + "\n";
    if (&help == &e_.help.front()) out_ += patch_text(e_.patch, style_);
  }
  out_ += toned(fmt::format("more: skep explain {}", e_.code()), Tone::Frame) + "\n";
}

std::string Writer::write() {
  choose_events();
  make_blocks();
  write_head();
  write_blocks();
  write_facts();
  write_help();
  return std::move(out_);
}

}  // namespace

std::string wrapped(std::string_view text, u32 width, u32 indent, u32 used) {
  std::string out;
  u32 column = used;
  for (bool first = true; !text.empty(); first = false) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!first && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      column++;
    }
    out += word;
    column += u32(word.size());
  }
  return out;
}

std::string patch_text(const SourcePatch& patch, const TextStyle& style) {
  std::string out;
  const auto line = [&](u32 number, char sign, const std::string& text) {
    Span none;
    const std::string shown = fmt::format("{:>4} {} {}", number, sign, shown_source(text, none));
    const char* code = sign == '-' ? "31" : "32";
    out += style.colour ? fmt::format("\033[{}m{}\033[0m\n", code, shown) : shown + "\n";
  };
  u32 longer = 0;  // the new file than the old one, up to here; less than nothing wraps around, as it should
  for (const SourcePatch::Hunk& hunk : patch.hunks) {
    for (u32 i = 0; i < hunk.removed.size(); ++i) line(hunk.line + i, '-', hunk.removed[i]);
    for (u32 i = 0; i < hunk.added.size(); ++i) line(hunk.line + longer + i, '+', hunk.added[i]);
    longer += u32(hunk.added.size()) - u32(hunk.removed.size());
  }
  return out;
}

std::string to_text(const Explanation& explanation, const TextStyle& style) {
  return Writer(explanation, style).write();
}

}  // namespace skep::diag
