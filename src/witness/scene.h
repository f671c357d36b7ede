// Scene: what a path runs on. The objects its pointers belong to, and what comes from outside: arguments, contents of
// memory, results of calls. The symbolic machine makes it up with unknowns; a replay gets it with numbers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "diag/explanation.h"
#include "witness/solver.h"

namespace skep::witness {

inline constexpr int kNumber = -1;  // Value::object: it is no pointer

// A register's content, or what was stored. Pointers are addresses of made-up places and know their object.
struct Value {
  Term bits = number(0);
  int object = kNumber;
  bool set = false;           // something was written
  bool from_address = false;  // a number computed from an address: another run may have another one
};

// A store, or what a call wrote; contents of unknown length are replaced as a whole.
struct Write {
  Term address;
  u32 bytes = 0;
  Value value;       // if it is at most 8 bytes long
  bool all = false;  // the whole object: its contents are unknown again
};

struct Object {
  enum class Kind : u8 { Stack, Context, Packet, Metadata, MapValue, Block, Opaque };
  Kind kind = Kind::Opaque;
  std::string words;  // "the packet", "a value of map `flows`"
  u64 base = 0;       // the address its first pointer had
  Term low, high;     // the addresses that may be accessed: [low, high)
  // What is behind the pointer is not modelled as bytes: a load gives what the verifier says of it, accesses are fine.
  bool opaque = false;
  std::span<const u8> bytes;             // contents that never change, from `base`
  u32 first_contents = 0, contents = 0;  // else: memories of the solver, at the beginning and now
  std::vector<Write> writes;             // since then, oldest first
};

// Something from outside that the path may depend on.
struct Input {
  enum class Kind : u8 { Number, Null, PacketLength, Event } kind = Kind::Number;
  std::string name;  // "`n`", "what bpf_ktime_get_ns() returns"; of an event: what happens
  Term term;
  u8 bits = 64;  // significant ones, for printing
  int step = -1;
  bool from_function = false;  // what a global function returned, which is checked on its own
};

// Bytes of unknown contents that were read.
struct ContentRead {
  int object = kNumber;
  u32 memory = 0;
  Term address, byte;
};

// A load of several bytes of unknown contents, as the source calls it.
struct FieldRead {
  int object = kNumber;
  Term address;
  u8 bytes = 0;
  std::string name;
  int step = -1;
};

// What a step gets from outside rather than computes.
struct Supply {
  enum class What : u8 { Register, Memory, Contents } what;
  int step;  // -1: at the beginning
  u32 frame = 0;
  int reg = 0;           // Register
  int object = kNumber;  // Memory, Contents
  Term address;          // Memory
  u32 bytes = 0;
  Value value;
  u32 memory = 0;  // Contents
};

struct Scene {
  std::vector<Object> objects;
  std::vector<Input> inputs;
  std::vector<ContentRead> reads;
  std::vector<FieldRead> fields;
  std::vector<Supply> supplies;  // by step
};

}  // namespace skep::witness
