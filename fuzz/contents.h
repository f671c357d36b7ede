// What the world's maps hold: set before a run from a seed, read after it.
#pragma once

#include "fuzz/rng.h"
#include "fuzz/side.h"

namespace skep::fuzz {

// Numbers at which rules change, and any.
u64 boundary_number(Rng& rng);

class Contents {
 public:
  explicit Contents(Side& side) : side_(side) {}
  ~Contents();
  Contents(const Contents&) = delete;
  Contents& operator=(const Contents&) = delete;

  // The maps of this program, which they may outlive: everything that earlier runs left in them that would decide what
  // later ones do - timers, kernel objects, programs - is taken out.
  void start(const Program& program);
  void fill(u64 seed);
  // What is comparable between engines and kernels: no pointers.
  std::vector<u8> read();

 private:
  // The memory of a ring buffer: pages with the consumer's and the producer's position, and the data.
  struct Ring {
    MapSlot slot;
    u8* pages = nullptr;
    u64& consumer() { return *reinterpret_cast<u64*>(pages); }
    u64& producer();
    u8* data();
  };

  long update(int fd, u64 key, const void* value) const;
  void empty_hash(int fd);
  void empty_queue(int fd);
  void fill_values(MapSlot slot, Rng& rng);
  void fill_lines(MapSlot slot, Rng& rng);
  void fill_maps_of_maps();
  void fill_programs(const Program& program);
  Ring* ring(MapSlot slot);
  void fill_user_ring(Rng& rng);

  Side& side_;
  std::vector<int> maps_;  // by slot, of the program that was started
  std::vector<MapSlot> used_;
  std::vector<Ring> rings_;
  std::vector<int> with_program_;  // prog_arrays that have their program
  std::vector<u8> room_;           // for one value
};

}  // namespace skep::fuzz
