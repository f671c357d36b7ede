// How the command speaks: results on standard output, everything else on standard error, colour only on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace skep::cli {

bool is_terminal(int fd);
// Colours are wanted on standard output. `when`: "always", "never", or "auto": a terminal, and NO_COLOR not set.
bool wants_colour(std::string_view when = "auto");
// Columns of standard output: COLUMNS, else the terminal's, else 100.
unsigned terminal_width();

enum class Colour { None, Red, Green, Yellow, Grey };
std::string coloured(std::string_view text, Colour colour, bool on);

// One line of text that came out of somebody's file, safe for a terminal: control characters and bytes outside ASCII
// become '?'.
std::string printable(std::string_view text);

// "skep: what: why (what to do)"; the last part may be empty.
void complain(std::string_view what, std::string_view why, std::string_view remedy = {});
// Text that is complete as it is.
void print(std::string_view text);
void print_error(std::string_view text);

// A bar on a terminal for what takes longer than a second; silent elsewhere.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  void update(size_t done, size_t total);
  void clear();

 private:
  std::string what_;
  bool on_, shown_ = false;
  double start_, last_ = 0;
};

}  // namespace skep::cli
