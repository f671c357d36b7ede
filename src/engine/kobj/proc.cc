// Reading /proc/TID/stat, status and cgroup.
#include "engine/kobj/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace skep::engine {
namespace {

inline constexpr size_t kMaxText = 1 << 20;  // bytes: of a file worth reading

std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
  text.remove_prefix(word.size());
  return word;
}

template <typename T>
T number(std::string_view word, int base = 10) {
  T value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value, base);
  return value;
}

std::string in_proc(u32 tid, const char* file) { return "/proc/" + std::to_string(tid) + "/" + file; }

// Fields of stat after the name, counted as proc(5) does: [3] is the state.
void take_stat(const std::string_view (&f)[53], ProcTask& t) {
  t.state = f[3].empty() ? '?' : f[3][0];
  t.ppid = number<u32>(f[4]);
  t.flags = number<u32>(f[9]);
  t.min_flt = number<u64>(f[10]);
  t.maj_flt = number<u64>(f[12]);
  t.utime = number<u64>(f[14]);
  t.stime = number<u64>(f[15]);
  t.priority = number<s32>(f[18]);
  t.nice = number<s32>(f[19]);
  t.threads = number<u32>(f[20]);
  t.start = number<u64>(f[22]);
  t.start_code = number<u64>(f[26]);
  t.end_code = number<u64>(f[27]);
  t.start_stack = number<u64>(f[28]);
  t.exit_signal = number<u32>(f[38]);
  t.cpu = number<u32>(f[39]);
  t.rt_priority = number<u32>(f[40]);
  t.policy = number<u32>(f[41]);
  t.start_data = number<u64>(f[45]);
  t.end_data = number<u64>(f[46]);
  t.start_brk = number<u64>(f[47]);
  t.arg_start = number<u64>(f[48]);
  t.arg_end = number<u64>(f[49]);
  t.env_start = number<u64>(f[50]);
  t.env_end = number<u64>(f[51]);
  t.exit_code = number<u32>(f[52]);
}

void take_ids(std::string_view words, u32 (&ids)[4]) {
  for (u32& id : ids) id = number<u32>(next_word(words));
}

// Masks come in groups of 32 bits, the highest first.
u64 low_mask(std::string_view groups) {
  std::string digits;
  for (char c : groups.substr(0, groups.find('\n')))
    if (c != ',' && c != '\t' && c != ' ') digits += c;
  return number<u64>(std::string_view(digits).substr(digits.size() > 16 ? digits.size() - 16 : 0), 16);
}

void take_status_line(std::string_view key, std::string_view rest, ProcTask& t) {
  constexpr std::string_view kCaps[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
  if (key == "Tgid") t.tgid = number<u32>(next_word(rest));
  if (key == "Uid") take_ids(rest, t.uid);
  if (key == "Gid") take_ids(rest, t.gid);
  if (key == "voluntary_ctxt_switches") t.switches = number<u64>(next_word(rest));
  if (key == "nonvoluntary_ctxt_switches") t.forced_switches = number<u64>(next_word(rest));
  if (key == "Cpus_allowed") t.cpus = low_mask(rest);
  for (size_t i = 0; i < std::size(kCaps); ++i)
    if (key == kCaps[i]) t.caps[i] = number<u64>(next_word(rest), 16);
  if (key != "NSpid") return;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest))
    t.ns_pids.push_back(number<u32>(word));
}

template <typename F>
void each_line(std::string_view text, F&& each) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::string read_text(const std::string& path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[4096];
  for (ssize_t n; text.size() < kMaxText && (n = read(fd, buffer, sizeof(buffer))) > 0;) text.append(buffer, size_t(n));
  close(fd);
  return text;
}

bool read_stat(u32 tid, ProcTask& task) {
  const std::string text = read_text(in_proc(tid, "stat"));
  const size_t open = text.find('('), close = text.rfind(')');  // the name may hold anything
  if (open == text.npos || close == text.npos || close < open) return false;
  task = {};
  task.tid = task.tgid = tid;
  task.comm = text.substr(open + 1, close - open - 1);
  std::string_view rest = std::string_view(text).substr(close + 1);
  std::string_view fields[53];
  for (u32 i = 3; i < std::size(fields); ++i) fields[i] = next_word(rest);
  take_stat(fields, task);
  return task.state != '?';
}

void read_status(ProcTask& task) {
  const std::string text = read_text(in_proc(task.tid, "status"));
  each_line(text, [&](std::string_view line) {
    const size_t colon = line.find(':');
    if (colon != line.npos) take_status_line(line.substr(0, colon), line.substr(colon + 1), task);
  });
}

std::optional<std::string> read_cgroup_path(u32 tid, u32 hierarchy) {
  std::optional<std::string> path;
  const std::string text = read_text(in_proc(tid, "cgroup"));
  each_line(text, [&](std::string_view line) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second != line.npos && number<u32>(line.substr(0, first)) == hierarchy) path = line.substr(second + 1);
  });
  return path;
}

std::vector<u32> numbers_in(const std::string& file) {
  std::vector<u32> numbers;
  const std::string text = read_text(file);
  each_line(text, [&](std::string_view line) { numbers.push_back(number<u32>(line)); });
  return numbers;
}

std::vector<std::string> folders_in(const std::string& folder) {
  std::vector<std::string> paths;
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return paths;
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') paths.push_back(folder + "/" + entry->d_name);
  }
  closedir(dir);
  std::sort(paths.begin(), paths.end());
  return paths;
}

u64 inode_of(const std::string& path) {
  struct stat st;
  return stat(path.c_str(), &st) == 0 ? u64(st.st_ino) : 0;
}

std::vector<u32> list_numbers(const std::string& folder) {
  std::vector<u32> numbers;
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return numbers;
  while (const dirent* entry = readdir(dir)) {
    if (const u32 n = number<u32>(entry->d_name)) numbers.push_back(n);
  }
  closedir(dir);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace skep::engine
