// Objects of the running kernel that elements belong to - sockets, files, threads, cgroups - named by what stays the
// same for as long as they live, and by nothing else that lives later. Linux takes such elements away with the object;
// here whoever meets one whose owner is gone does.
#pragma once

#include <span>

#include "map/map.h"

namespace skep::map {

enum class OwnerKind : u8 {
  Socket,  // cookie · inode of its file
  Inode,   // device · inode · time of birth, for inodes are used again
  Task,    // TID · start time · PID namespace
  Cgroup,  // id
};

struct Owner {
  u64 words[3] = {};
  bool operator==(const Owner&) const = default;
};

// The object that a descriptor of this process refers to. 0, or the errno that Linux has for a wrong descriptor:
// -EBADF; -ENOTSOCK for sockets; -ENOENT for a pidfd of a process that is gone.
int owner_of(OwnerKind kind, int fd, Owner& out);

// The thread of this TID. False: there is none.
bool owner_of_task(u32 tid, Owner& out);

// Sets gone[i] for owners that do not exist any more, as far as /proc and cgroupfs show; in doubt they exist. A socket
// is gone when no process that we may look into has it open. Of inodes nothing is known.
void find_gone(OwnerKind kind, std::span<const Owner> owners, std::span<bool> gone);
bool is_gone(OwnerKind kind, const Owner& owner);

// Where an Owner stands in the elements of a hash table (hash_table.h).
struct OwnerPlace {
  OwnerKind kind;
  u32 offset;    // in an element
  u32 key_size;  // bytes
};

// Erases elements whose owners are gone, until there is room for one. False: all are in use.
bool collect_gone(Map& map, const OwnerPlace& place);

}  // namespace skep::map
