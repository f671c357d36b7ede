// The log window against the Linux 6.18 kernel: three small programs, loaded with every buffer size, and what the log
// printed and cut on the way. Answers for some sizes are recorded, for machines without bpf(2); SKEP_BLESS=1 records
// anew.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "diag/log.h"

namespace skep::diag {
namespace {

using Insns = std::vector<bpf_insn>;

struct Answer {
  int error = 0;
  u32 true_size = 0;
  std::string text;
  bool operator==(const Answer&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Answer& a) {
  return out << "errno " << a.error << " true size " << a.true_size << "\n" << a.text;
}

// The first 144 bytes of PROG_LOAD's attributes; Debian's header knows them only up to core_relo_rec_size.
struct LoadAttr {
  u32 prog_type, insn_cnt;
  u64 insns, license;
  u32 log_level, log_size;
  u64 log_buf;
  u32 others[25];
  u32 log_true_size;
};
static_assert(sizeof(LoadAttr) == 144 && offsetof(LoadAttr, log_true_size) == 140);

Answer ask_kernel(const Insns& insns, u32 level, u32 size) {
  std::string buffer(size, '\x55');
  LoadAttr attr = {};
  attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attr.insn_cnt = insns.size();
  attr.insns = u64(insns.data());
  attr.license = u64("GPL");
  attr.log_level = level;
  attr.log_size = size;
  attr.log_buf = size == 0 ? 0 : u64(buffer.data());
  Answer answer;
  const long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
  if (fd < 0)
    answer.error = errno;
  else
    close(int(fd));
  answer.true_size = attr.log_true_size;
  answer.text = buffer.c_str();
  return answer;
}

// The tests speak of 6.18; another kernel words its log otherwise.
bool kernel_is_there() {
  static const bool is = [] {
    const Answer a = ask_kernel({{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}}, 2, 4096);
    return a.error == 0 && a.true_size == 271;
  }();
  return is;
}

// What the verifier does to the log for one program, as log-format.md 2, 3.1 and 6 have it.
class Script {
 public:
  explicit Script(Log& log) : log_(log) {}
  void line(const std::string& text) { log_.write(text + "\n"); }
  void insn(const std::string& text) {
    line(text);
    length_ = text.size() + 1;
  }
  // On the instruction's own line: its newline is cut, blanks up to a column, the state.
  void joined(const std::string& state) {
    log_.reset(log_.end_pos() - 1);
    const size_t column = (std::max<size_t>(length_ + 4, 40) + 7) / 8 * 8;
    log_.write(std::string(column - length_ - 1, ' ') + ";");
    log_.write(" " + state + "\n");
  }
  void processed(int insns, int states) {
    log_.print("processed {} insns (limit 1000000) max_states_per_insn 0 total_states {} peak_states {} mark_read 0\n",
               insns, states, states);
  }
  Log& log() { return log_; }

 private:
  Log& log_;
  size_t length_ = 0;
};

constexpr bpf_insn mov(u8 reg, int imm) { return {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .imm = imm}; }
constexpr bpf_insn kExit = {.code = BPF_JMP | BPF_EXIT};

Insns straight_program() { return {mov(0, 0), kExit}; }
void run_straight(Script& script) {
  if (script.log().level2()) {
    script.line("func#0 @0\nLive regs before insn:");
    script.line("      0: .......... (b7) r0 = 0");
    script.line("      1: 0......... (95) exit");
  }
  if (script.log().prints_insns()) {
    script.line("0: R1=ctx() R10=fp0");
    script.insn("0: (b7) r0 = 0");
    script.joined("R0=0");
    script.insn("1: (95) exit");
  }
  if (!script.log().level2()) script.log().reset(0);
  script.processed(2, 0);
}

// The path that falls through prints much and succeeds; the one that jumps is refused. Without level 2 the first is
// cut.
Insns branch_program() {
  Insns insns = {{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_prandom_u32},
                 {.code = BPF_JMP | BPF_JGT | BPF_K, .dst_reg = 0, .off = 10, .imm = 10}};
  for (u8 reg = 1; reg < 10; ++reg) insns.push_back(mov(reg, reg));
  insns.push_back(kExit);
  insns.push_back({.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 0, .src_reg = 5});
  insns.push_back(kExit);
  return insns;
}
void run_branch(Script& script) {
  script.line("0: R1=ctx() R10=fp0");
  script.insn("0: (85) call bpf_get_prandom_u32#7");
  script.joined("R0=scalar()");
  script.insn("1: (25) if r0 > 0xa goto pc+10");
  const u64 pushed_at = script.log().end_pos();
  script.joined("R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=10,var_off=(0x0; 0xf))");
  for (int reg = 1; reg < 10; ++reg) {
    script.insn(fmt::format("{}: (b7) r{} = {}", reg + 1, reg, reg));
    script.joined(fmt::format("R{}={}", reg, reg));
  }
  script.insn("11: (95) exit");
  script.log().reset(pushed_at);
  script.line("12: R0=scalar(umin=11) R10=fp0");
  script.insn("12: (bf) r0 = r5");
  script.line("R5 !read_ok");
  script.processed(13, 1);
}

struct Case {
  std::string name;
  Insns insns;
  u32 level;
  int error;  // of the program, if the buffer is large enough
  std::function<void(Script&)> run;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (u32 fixed : {0u, u32(BPF_LOG_FIXED)}) {
    all.push_back({"straight", straight_program(), BPF_LOG_LEVEL2 | fixed, 0, run_straight});
    all.push_back({"straight", straight_program(), BPF_LOG_LEVEL1 | fixed, 0, run_straight});
    all.push_back({"branch", branch_program(), BPF_LOG_LEVEL1 | fixed, EACCES, run_branch});
  }
  return all;
}

Answer ask_log(const Case& c, u32 size) {
  Log log(c.level, size);
  Script script(log);
  c.run(script);
  const Log::Finished end = log.finish();
  return {end.error != 0 ? end.error : c.error, end.true_size, end.text};
}

constexpr u32 kRecordedSizes[] = {0, 1, 2, 17, 64, 97, 98, 99, 128, 160, 200, 258, 270, 271, 272, 400, 600, 1000};
constexpr char kRecord[] = SKEP_DIAG_DATA "/log-6.18.txt";

std::string escape(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '\n' ? std::string("\\n") : std::string(1, c);
  return out;
}

std::string row(const Case& c, u32 size, const Answer& a) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}|", c.name, c.level, size, a.error, a.true_size, escape(a.text));
}

TEST(LogLive, EverySizeAsTheKernel) {
  if (!kernel_is_there()) GTEST_SKIP() << "no bpf(2) of Linux 6.18 here";
  for (const Case& c : cases()) {
    const u32 enough = ask_kernel(c.insns, c.level, 0).true_size;
    for (u32 size = 0; size <= enough + 2; ++size)
      ASSERT_EQ(ask_log(c, size), ask_kernel(c.insns, c.level, size)) << c.name << " level " << c.level << " " << size;
  }
}

// The times differ from run to run, so the text of one run is written again, as level 4 prints it.
TEST(LogLive, StatisticsLevel) {
  if (!kernel_is_there()) GTEST_SKIP() << "no bpf(2) of Linux 6.18 here";
  const Answer kernel = ask_kernel(branch_program(), BPF_LOG_STATS, 4096);
  Log log(BPF_LOG_STATS, 4096);
  std::istringstream lines(kernel.text);
  for (std::string line; std::getline(lines, line);) log.write(line + "\n");
  EXPECT_EQ(log.finish().true_size, kernel.true_size);
  EXPECT_EQ(log.finish().text, kernel.text);
  EXPECT_EQ(Log::last_line(kernel.text), "R5 !read_ok");
}

TEST(LogLive, Recorded) {
  if (std::getenv("SKEP_BLESS") != nullptr && kernel_is_there()) {
    std::ofstream file(kRecord);
    file << "# Answers of Linux 6.18.44 to the programs of src/diag/log_live_test.cc (SKEP_BLESS=1 skep_diag_test "
            "writes it):\n"
            "# program, log level, buffer size, errno, true size, text in the buffer (up to the bar)\n";
    for (const Case& c : cases())
      for (u32 size : kRecordedSizes) file << row(c, size, ask_kernel(c.insns, c.level, size)) << "\n";
  }
  std::ifstream file(kRecord);
  std::string line;
  while (file.peek() == '#') std::getline(file, line);
  for (const Case& c : cases())
    for (u32 size : kRecordedSizes) {
      ASSERT_TRUE(std::getline(file, line));
      EXPECT_EQ(row(c, size, ask_log(c, size)), line);
    }
}

}  // namespace
}  // namespace skep::diag
