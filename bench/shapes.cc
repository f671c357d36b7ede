// The texts of shapes.h.
#include "bench/shapes.h"

#include <fmt/format.h>

namespace skep::bench {
namespace {

// r6 = context, r2 = 64 bytes of packet; what follows may be any length.
constexpr const char* kPacket =
    "r6 = r1\n"
    "r2 = *(u32 *)(r6 +0)\n"
    "r3 = *(u32 *)(r6 +4)\n"
    "r4 = r2\n"
    "r4 += 64\n"
    "if r4 <= r3 goto body\n"
    "r0 = 0\n"
    "exit\n"
    "body:\n";
constexpr const char* kReturn = "r0 = 0\nexit\n";

using Piece = std::string (*)(u32 i);

std::string repeat(u32 n, Piece piece) {
  std::string text;
  for (u32 i = 0; i < n; i++) text += piece(i);
  return text;
}

// A: k branches on bits of the packet, counted into an index whose value matters. distinct: no two paths count alike.
std::string paths_text(u32 k, bool distinct) {
  std::string text = fmt::format("{}r6 = *(u64 *)(r2 +0)\nr7 = 0\n", kPacket);
  for (u32 i = 0; i < k; i++)
    text += fmt::format("r8 = r6\nr8 >>= {0}\nr8 &= 1\nif r8 == 0 goto skip{0}\nr7 += {1}\nskip{0}:\n", i,
                        distinct ? 1u << i : 1u);
  return text + "r7 &= 63\nr1 = r10\nr1 += -64\nr1 += r7\n*(u8 *)(r1 +0) = 0\n" + kReturn;
}
Shape paths(u32 k) { return {fmt::format("A_paths{}", k), paths_text(k, false)}; }
Shape distinct(u32 k) { return {fmt::format("A2_distinct{}", k), paths_text(k, true)}; }

// B: a loop whose bound, at most n, comes from the packet.
Shape unknown_loop(u32 n) {
  return {
      fmt::format("B_unkloop{}", n),
      fmt::format("{}r7 = *(u16 *)(r2 +0)\nif r7 > {} goto end\nr8 = 0\nr9 = 0\n"
                  "loop:\nif r8 >= r7 goto end\nr1 = r8\nr1 &= 7\nr1 <<= 2\nr9 += r1\nr9 ^= r7\nr8 += 1\ngoto loop\n"
                  "end:\n{}",
                  kPacket, n, kReturn)};
}

// C: n times n, by constants.
Shape nest(u32 n) {
  return {fmt::format("C_nest{0}x{0}", n),
          fmt::format(
              "r7 = 0\nr9 = 0\nouter:\nr8 = 0\n"
              "inner:\nr1 = r8\nr1 <<= 1\nr9 += r1\nr9 &= 1023\nr1 = r7\nr1 ^= r8\nr8 += 1\nif r8 < {0} goto inner\n"
              "r7 += 1\nif r7 < {0} goto outer\n{1}",
              n, kReturn)};
}

// D: n times n, by bounds and offsets from the packet.
Shape unknown_nest(u32 n) {
  return {
      fmt::format("D_nestunk{0}x{0}", n),
      fmt::format("{0}r7 = *(u8 *)(r2 +0)\nif r7 > {1} goto end\nr8 = *(u8 *)(r2 +1)\nif r8 > {1} goto end\nr9 = 0\n"
                  "outer:\nif r9 >= r7 goto end\nr0 = 0\n"
                  "inner:\nif r0 >= r8 goto next\nr1 = *(u32 *)(r6 +0)\nr4 = *(u32 *)(r6 +4)\nr5 = r9\nr5 <<= 3\n"
                  "r5 += r0\nr1 += r5\nr5 = r1\nr5 += 8\nif r5 > r4 goto end\nr5 = *(u64 *)(r1 +0)\nr0 += 1\n"
                  "goto inner\nnext:\nr9 += 1\ngoto outer\nend:\n{2}",
                  kPacket, n, kReturn)};
}

// E: n instructions in a row; E2: one in nine loads from the context.
std::string line_text(u32 n, const char* ninth) {
  std::string text = "r6 = r1\nr7 = 1\nr8 = 2\nr9 = 3\n";
  for (u32 i = 0; i < n / 9; i++)
    text += fmt::format(
        "{}r7 += r8\nr8 ^= 5\nr9 = r7\nr9 <<= 3\nr9 &= 4095\nr8 += r9\n*(u64 *)(r10 -8) = r7\nr7 = *(u64 *)(r10 -8)\n",
        ninth);
  return text + kReturn;
}
Shape line(u32 n) { return {fmt::format("E_line{}", n), line_text(n, "r8 *= 3\n")}; }
Shape context_loads(u32 n) { return {fmt::format("E2_ctx{}", n), line_text(n, "r8 = *(u32 *)(r6 +12)\n")}; }

// F: n times a look-up in a hash map, an update if it was not there, and a look-up in an array.
std::string map_use(u32 i) {
  return fmt::format(
      "*(u32 *)(r10 -4) = {0}\nr2 = r10\nr2 += -4\nr1 = map[hash]\ncall map_lookup_elem\nif r0 == 0 goto miss{0}\n"
      "r1 = *(u64 *)(r0 +0)\nr1 += 1\n*(u64 *)(r0 +0) = r1\ngoto array{0}\n"
      "miss{0}:\n*(u64 *)(r10 -16) = 1\nr1 = map[hash]\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -16\nr4 = 0\n"
      "call map_update_elem\n"
      "array{0}:\nr1 = map[array]\nr2 = r10\nr2 += -4\ncall map_lookup_elem\nif r0 == 0 goto next{0}\n"
      "*(u64 *)(r0 +0) = r7\nnext{0}:\n",
      i);
}
Shape map_uses(u32 n) { return {fmt::format("F_maps{}", n), "r7 = 1\n" + repeat(n, map_use) + kReturn}; }

// G: a switch of sixteen cases, n times.
Shape switch_loop(u32 n) {
  std::string text =
      fmt::format("{}r6 = *(u64 *)(r2 +0)\nr7 = 0\nr8 = 0\nloop:\nr1 = r6\nr1 &= 15\nr6 >>= 4\n", kPacket);
  for (u32 c = 0; c < 15; c++) text += fmt::format("if r1 == {0} goto case{0}\n", c);
  for (u32 c = 15; c-- > 0;) text += fmt::format("r8 ^= {0}\ngoto join\ncase{0}:\n", c + 1);
  text += fmt::format("r8 += 1\njoin:\nr8 &= 255\nr7 += 1\nif r7 < {} goto loop\n{}", n, kReturn);
  return {fmt::format("G_switch{}", n), text};
}

// H: n calls, three deep, with a branch on the way.
std::string call_deep(u32 i) { return fmt::format("r1 = r6\nr1 >>= {}\nr2 = {}\ncall first\nr7 += r0\n", i % 60, i); }
Shape calls(u32 n) {
  return {fmt::format("H_calls{}", n),
          fmt::format("{}r6 = *(u64 *)(r2 +0)\nr7 = 0\n{}{}", kPacket, repeat(n, call_deep), kReturn) +
              "first:\nr6 = r1\nr1 &= 255\ncall second\nr0 += r6\nexit\n"
              "second:\nr6 = r2\nif r1 > 100 goto high\nr1 += 1\nhigh:\ncall third\nr0 += r6\nexit\n"
              "third:\nr0 = r1\nif r1 > 200 goto high3\nr0 += r2\nhigh3:\nexit\n"};
}

// I: a walk over at most n headers of four kinds, each as long as it says.
Shape parser(u32 n) {
  std::string text = "r6 = r1\nr7 = *(u32 *)(r6 +0)\nr8 = *(u32 *)(r6 +4)\nr9 = 0\nr0 = 0\n";
  for (u32 i = 0; i < n; i++)
    text += fmt::format(
        "r1 = r7\nr1 += 8\nif r1 > r8 goto end\nr2 = *(u8 *)(r7 +0)\nr3 = *(u8 *)(r7 +1)\n"
        "if r2 == 6 goto tcp{0}\nif r2 == 17 goto udp{0}\nif r2 == 43 goto next{0}\nif r2 == 60 goto options{0}\ngoto "
        "end\n"
        "tcp{0}:\nr9 += 1\nr3 = 8\ngoto next{0}\nudp{0}:\nr9 += 2\nr3 = 0\ngoto next{0}\n"
        "options{0}:\nr3 &= 7\nr4 = *(u32 *)(r7 +4)\nr9 ^= r4\n"
        "next{0}:\nr3 &= 31\nr3 <<= 3\nr3 += 8\nr7 += r3\n",
        i);
  return {fmt::format("I_parser{}", n), text + "end:\n" + kReturn};
}

// --- more shapes that grow ------------------------------------------------------------------------------------------

Shape subprograms(u32 n) {
  std::string text;
  for (u32 i = 0; i + 1 < n; i++) text += fmt::format("r1 = {0}\ncall f{0}\n", i);
  text += kReturn;
  for (u32 i = 0; i + 1 < n; i++) text += fmt::format("f{}:\nr0 = r1\nr0 += 1\nexit\n", i);
  return {fmt::format("subprograms{}", n), text};
}

Shape call_sites(u32 n) {
  return {fmt::format("calls{}", n), repeat(n, [](u32 i) { return fmt::format("r1 = {}\ncall f\n", i); }) +
                                         std::string(kReturn) +
                                         "f:\n*(u64 *)(r10 -8) = r1\nr0 = *(u64 *)(r10 -8)\nexit\n"};
}

// Seven functions below main, each of which writes its caller's stack.
Shape deep_calls(u32 n) {
  std::string text = repeat(
      n, [](u32) { return std::string("*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\ncall f1\nr1 = *(u64 *)(r10 -8)\n"); });
  text += kReturn;
  for (u32 i = 1; i < 7; i++)
    text += fmt::format(
        "f{}:\nr2 = *(u64 *)(r1 +0)\n*(u64 *)(r10 -8) = r2\nr6 = r1\ncall f{}\n*(u64 *)(r6 +0) = 1\nexit\n", i, i + 1);
  return {fmt::format("deep{}", n), text + "f7:\n*(u64 *)(r1 +0) = 1\nr0 = 0\nexit\n"};
}

Shape map_loads(u32 n) {
  return {fmt::format("map_loads{}", n), repeat(n, [](u32) { return std::string("r1 = map[array]\n"); }) + kReturn};
}

Shape helper_calls(u32 n) {
  return {fmt::format("helpers{}", n),
          repeat(n, [](u32) { return std::string("call get_prandom_u32\nr7 = r0\n"); }) + kReturn};
}

Shape kfunc_calls(u32 n) {
  return {fmt::format("kfuncs{}", n), repeat(n / 2, [](u32) {
                                        return std::string("call bpf_rcu_read_lock\ncall bpf_rcu_read_unlock\n");
                                      }) + kReturn};
}

// n branches that nothing decides and that come together again at once.
Shape joins(u32 n) {
  return {fmt::format("joins{}", n),
          std::string(kPacket) + "r6 = *(u64 *)(r2 +0)\nr7 = 0\n" + repeat(n, [](u32 i) {
            return fmt::format("r8 = r6\nr8 >>= {}\nr8 &= 1\nif r8 == 0 goto skip{}\nr9 = 1\nskip{}:\n", i % 63, i, i);
          }) + kReturn};
}

// The same where every branch also writes the stack: what is live there is found again at the end of every path.
Shape stack_joins(u32 n) {
  return {fmt::format("stack_joins{}", n),
          std::string(kPacket) + "r6 = *(u64 *)(r2 +0)\n" + repeat(n, [](u32 i) {
            int slot = -8 * int(i % 32 + 1);
            return fmt::format(
                "r8 = r6\nr8 >>= {0}\nr8 &= 1\n*(u64 *)(r10 {2}) = r6\nif r8 == 0 goto skip{1}\n"
                "r7 = *(u64 *)(r10 {2})\nskip{1}:\n",
                i % 63, i, slot);
          }) + kReturn};
}

Shape typed_line(u32 n) {
  Shape shape = line(n);
  shape.name = fmt::format("typed{}", n);
  shape.line_info = true;
  return shape;
}

// --- as much memory as there is -------------------------------------------------------------------------------------

// Jumps that are decided, close together: a state is kept every eight instructions, none of which covers another.
Shape many_states(u32 n) {
  return {fmt::format("many_states{}", n),
          "r6 = 1\nr7 = 1\n" + repeat(n / 4, [](u32 i) {
            return fmt::format("r6 += 1\n*(u64 *)(r10 -{}) = r6\nr7 += r6\nif r6 == 0 goto pc+0\n", 8 * (i % 64 + 1));
          }) + kReturn};
}

// A loop that never comes to a state it has seen, with the whole stack written on the way.
Shape endless(u32 spills) {
  std::string text = "r8 = 0\n";
  for (u32 i = 1; i <= 64; i++) text += fmt::format("*(u64 *)(r10 -{}) = r8\n", 8 * i);
  text += "loop:\nr8 += 1\n";
  for (u32 i = 1; i <= spills; i++) text += fmt::format("*(u64 *)(r10 -{}) = r8\n", 8 * i);
  return {fmt::format("endless{}", spills), text + "if r8 == 0 goto pc+0\nif r8 < 10000000 goto loop\n" + kReturn};
}

// Paths that wait: as many as may, each with its own stack.
Shape many_pending(u32 n) {
  std::string text = std::string(kPacket) + "r7 = *(u16 *)(r2 +0)\nr8 = 0\n";
  for (u32 i = 1; i <= 64; i++) text += fmt::format("*(u64 *)(r10 -{}) = r8\n", 8 * i);
  text += "loop:\nr8 += 1\nif r8 > r7 goto end\n";
  for (u32 i = 1; i <= 64; i++) text += fmt::format("*(u64 *)(r10 -{}) = r8\n", 8 * i);
  return {fmt::format("pending{}", n), text + fmt::format("if r8 < {} goto loop\nend:\n{}", n, kReturn)};
}

// Eight frames deep, and a loop in the deepest that writes the stacks of all.
Shape deep_loop(u32 n) {
  std::string text = "*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\ncall f1\nr0 = 0\nexit\n";
  for (u32 i = 1; i < 7; i++)
    text += fmt::format(
        "f{0}:\nr6 = r1\n*(u64 *)(r10 -8) = 0\n*(u64 *)(r10 -16) = r1\nr1 = r10\nr1 += -8\ncall f{1}\nexit\n", i,
        i + 1);
  text += "f7:\nr8 = 0\nloop:\nr8 += 1\n*(u64 *)(r10 -8) = r8\n*(u64 *)(r1 +0) = r8\nr2 = *(u64 *)(r1 -8)\n";
  text += "r3 = *(u64 *)(r2 -8)\n*(u64 *)(r3 +0) = r8\n";
  return {fmt::format("deep_loop{}", n), text + fmt::format("if r8 < {} goto loop\n{}", n, kReturn)};
}

}  // namespace

std::vector<Shape> race_shapes() {
  std::vector<Shape> shapes;
  auto add = [&](Shape (*make)(u32), std::initializer_list<u32> sizes) {
    for (u32 n : sizes) shapes.push_back(make(n));
  };
  add(distinct, {9, 12, 15, 18});
  add(paths, {9, 12, 15});
  add(unknown_loop, {60, 500, 3500});
  add(nest, {10, 30, 100, 300});
  add(unknown_nest, {4, 8, 14, 24});
  add(context_loads, {900, 9000});
  add(line, {900, 9000, 90000});
  add(map_uses, {8, 64, 512});
  add(switch_loop, {20, 200, 1000});
  add(calls, {4, 40, 400});
  add(parser, {4, 8, 12});
  return shapes;
}

std::span<const Family> scaling_families() {
  static const Family kFamilies[] = {
      {"straight line", line, {10000, 30000, 90000, 900000}, 900000},
      {"context loads, every ninth", context_loads, {10000, 30000, 90000, 900000}, 90000},
      {"look-ups and updates", map_uses, {100, 300, 1000, 3000}, 1000},
      {"map loads", map_loads, {1000, 10000, 100000, 400000}, 100000},
      {"helper calls", helper_calls, {1000, 10000, 100000, 400000}, 10000},
      {"kfunc calls", kfunc_calls, {1000, 10000, 100000, 900000}, 10000},
      {"subprograms", subprograms, {32, 64, 128, 256}, 256},
      {"calls of one function", call_sites, {1000, 10000, 30000, 100000}, 30000},
      {"call chains of eight", deep_calls, {100, 300, 1000, 3000}, 1000},
      {"branches that join", joins, {1000, 2000, 4000, 8000}, 8000},
      {"branches with stack", stack_joins, {1000, 2000, 4000, 8000}, 8000},
      {"line_info and structs", typed_line, {1000, 10000, 100000, 250000}, 100000},
  };
  return kFamilies;
}

std::vector<Shape> memory_shapes() {
  return {line(999000),       context_loads(999000), many_states(999000), endless(1),       endless(64),
          many_pending(8000), deep_loop(200000),     distinct(18),        unknown_nest(24), nest(320)};
}

}  // namespace skep::bench
