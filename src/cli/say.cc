// See say.h.
#include "cli/say.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace skep::cli {
namespace {

constexpr double kQuiet = 1.0, kBetween = 0.1;  // seconds before the first bar, and between two
constexpr size_t kWidth = 30;                   // characters of the bar

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

bool is_terminal(int fd) { return isatty(fd) == 1; }

bool wants_colour(std::string_view when) {
  if (when != "auto") return when == "always";
  const char* refused = std::getenv("NO_COLOR");
  return is_terminal(STDOUT_FILENO) && (refused == nullptr || *refused == '\0');
}

unsigned terminal_width() {
  constexpr unsigned kDefault = 100, kMax = 1000;
  const char* columns = std::getenv("COLUMNS");
  const long given = columns ? std::strtol(columns, nullptr, 10) : 0;
  if (given > 0) return std::min(unsigned(given), kMax);
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kDefault;
}

std::string coloured(std::string_view text, Colour colour, bool on) {
  if (!on || colour == Colour::None) return std::string(text);
  const char* code = colour == Colour::Red      ? "31"
                     : colour == Colour::Green  ? "32"
                     : colour == Colour::Yellow ? "33"
                                                : "90";
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c != '\t' && (c < ' ' || c == 0x7f)) c = '?';
  }
  return out;
}

void complain(std::string_view what, std::string_view why, std::string_view remedy) {
  print_error(remedy.empty() ? fmt::format("skep: {}: {}\n", what, printable(why))
                             : fmt::format("skep: {}: {} ({})\n", what, printable(why), remedy));
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_error(std::string_view text) {
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

Progress::Progress(std::string what) : what_(std::move(what)), on_(is_terminal(STDERR_FILENO)), start_(now()) {}

Progress::~Progress() { clear(); }

void Progress::update(size_t done, size_t total) {
  const double at = now();
  if (!on_ || at - start_ < kQuiet || at - last_ < kBetween) return;
  last_ = at;
  shown_ = true;
  const size_t filled = total ? kWidth * done / total : 0;
  print_error(fmt::format("\r\033[K{} [{}{}] {}/{}", what_, std::string(filled, '#'), std::string(kWidth - filled, '.'),
                          done, total));
}

void Progress::clear() {
  if (shown_) print_error("\r\033[K");
  shown_ = false;
}

}  // namespace skep::cli
